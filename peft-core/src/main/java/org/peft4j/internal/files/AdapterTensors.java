package org.peft4j.internal.files;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.method.Methods;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;

/**
 * The tensors of an adapter file under the keys that Hugging Face PEFT gives them today. Files have
 * others where the model was compiled or sharded in Python ({@code _orig_mod.}), where the tensors
 * were saved without PEFT's wrapper ({@code base_model.model.} is missing), where the magnitude of
 * DoRA has the name of its layer's weight, or where a module had another name.
 */
final class AdapterTensors implements TensorSource {
  private static final String WRAPPERS = "(^|(?<=\\.))(_orig_mod|_fsdp_wrapped_module)\\.";
  private static final String MAGNITUDE = ".lora_magnitude_vector";

  private final TensorSource file;
  private final SortedMap<String, TensorInfo> tensors = new TreeMap<>();
  private final Map<String, String> stored = new TreeMap<>();

  private AdapterTensors(TensorSource file, String root, FormerNames former) {
    this.file = file;
    for (TensorInfo info : file.tensors().values()) {
      String key = former.key(key(info.name(), root), root);
      String other = stored.put(key, info.name());
      if (other != null) {
        throw new PeftException(
            file.path() + ": " + other + " and " + info.name() + " are both " + key + ".");
      }
      tensors.put(key, new TensorInfo(key, info.dtype(), info.shape(), info.begin(), info.end()));
    }
  }

  static TensorSource open(Path file, PeftConfig config, FormerNames former) {
    TensorSource source = WeightFiles.open(file);
    try {
      return new AdapterTensors(source, Methods.of(config).savedModulesRoot(), former);
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  static String key(String name, String root) {
    String key = name.replaceAll(WRAPPERS, "");
    if (key.endsWith(MAGNITUDE + ".weight")) {
      key = key.substring(0, key.length() - ".weight".length());
    }
    // A key without a dot belongs to no module.
    boolean bare =
        root.equals(Adapter.KEY_ROOT) && !key.startsWith("base_model.") && key.indexOf('.') > 0;
    return bare ? root + key : key;
  }

  private String stored(String name) {
    return file.tensor(stored.getOrDefault(name, name)).name();
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public SortedMap<String, TensorInfo> tensors() {
    return Collections.unmodifiableSortedMap(tensors);
  }

  @Override
  public Map<String, String> metadata() {
    return file.metadata();
  }

  @Override
  public ByteBuffer slice(String name, long byteOffset, int byteCount) {
    return file.slice(stored(name), byteOffset, byteCount);
  }

  @Override
  public void read(String name, long byteOffset, ByteBuffer target) {
    file.read(stored(name), byteOffset, target);
  }

  @Override
  public void close() {
    file.close();
  }
}
