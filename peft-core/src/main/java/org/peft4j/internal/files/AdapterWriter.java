package org.peft4j.internal.files;

import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.config.FieldType;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.MadeFolders;
import org.peft4j.internal.WriteLock;
import org.peft4j.internal.graft.Slot;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/**
 * Writes an adapter's folder. At every moment it holds the old adapter or the new one: see {@link
 * AdapterFiles}. Writers of one folder wait for each other.
 */
public final class AdapterWriter {
  private AdapterWriter() {}

  /**
   * Writes an adapter.
   *
   * @param targets what {@code target_modules} says; empty for null
   * @param beside more tensors for the weights file, by key
   */
  public static <C extends PeftConfig> void write(
      Path folder,
      C config,
      Optional<ModuleSelector> targets,
      List<Slot> slots,
      Map<String, INDArray> beside) {
    PeftMethod<C> method = Methods.of(config);
    PeftMethod.Saved<C> saved = method.saved(config, contents(slots));
    ObjectNode json = method.writeConfig(saved.config());
    if (json.has("target_modules")) {
      json.set(
          "target_modules",
          targets.map(FieldType.SELECTOR.writer()::apply).orElse(NullNode.getInstance()));
    }
    Map<String, INDArray> encoders =
        SlotTensors.of(slots.stream().filter(s -> s.adapter() instanceof EncodedAdapter).toList());
    TensorFile.requireFinite(saved.tensors());
    TensorFile.requireFinite(encoders);
    Map<String, INDArray> tensors = new LinkedHashMap<>(saved.tensors());
    beside.forEach(tensors::putIfAbsent);
    MadeFolders made = make(folder);
    try (WriteLock lock = WriteLock.of(folder, "adapter")) {
      write(folder, json, encoders, tensors);
    } catch (IOException e) {
      throw new PeftException("Cannot write to " + folder + ": " + e.getMessage() + ".", e);
    } finally {
      made.deleteEmpty();
    }
  }

  private static void write(
      Path folder, ObjectNode json, Map<String, INDArray> encoders, Map<String, INDArray> tensors) {
    boolean fresh = !AdapterFiles.hasWeights(folder);
    Companion config = Companion.ofConfig(folder);
    Companion encoder = Companion.ofEncoder(folder);
    if (!fresh) {
      Map<String, String> old = metadata(folder);
      config.finish(old);
      encoder.finish(old);
    }
    try (Unfinished unfinished = Unfinished.of(config.target(fresh), encoder.target(fresh))) {
      Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
      AdapterConfigFile.write(config.target(fresh), json);
      config.announce(fresh, metadata);
      if (!encoders.isEmpty()) {
        TensorFile.write(encoder.target(fresh), encoders, Map.of("format", "pt"));
        encoder.announce(fresh, metadata);
      }
      TensorFile.write(folder.resolve(AdapterFiles.WEIGHTS), tensors, metadata);
      unfinished.keep();
    }
    config.settle(fresh);
    if (encoders.isEmpty()) {
      encoder.remove();
    } else {
      encoder.settle(fresh);
    }
  }

  /** The contents of the weights file: parameters, outputs of encoders, and constants. */
  private static Map<String, INDArray> contents(List<Slot> slots) {
    Map<String, INDArray> contents = new LinkedHashMap<>();
    for (Slot slot : slots) {
      if (slot.adapter() instanceof EncodedAdapter encoded) {
        contents.putAll(encoded.encoded(slot.values()));
      } else {
        contents.putAll(SlotTensors.of(List.of(slot)));
      }
      contents.putAll(slot.adapter().copies(slot.values()));
      if (slot.adapter().writesConstants()) {
        slot.adapter().constants().forEach((key, value) -> contents.put(key, value.get()));
      }
    }
    return contents;
  }

  /** Sample metadata, as long as the metadata that is written with the weights. */
  static Map<String, String> sampleMetadata(boolean encoders) {
    Map<String, String> metadata = new LinkedHashMap<>(Map.of("format", "pt"));
    Path anywhere = Path.of("");
    Companion.ofConfig(anywhere).addSample(metadata);
    if (encoders) {
      Companion.ofEncoder(anywhere).addSample(metadata);
    }
    return metadata;
  }

  /** Weights that cannot be read are replaced all the same. */
  private static Map<String, String> metadata(Path folder) {
    try {
      return AdapterFiles.metadata(folder);
    } catch (PeftException e) {
      return Map.of();
    }
  }

  private static MadeFolders make(Path folder) {
    try {
      return MadeFolders.of(folder);
    } catch (IOException e) {
      throw new PeftException(
          "Cannot create the folder " + folder + ": " + e.getMessage() + ".", e);
    }
  }
}
