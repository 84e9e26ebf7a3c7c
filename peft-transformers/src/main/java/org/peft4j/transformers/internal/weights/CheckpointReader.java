package org.peft4j.transformers.internal.weights;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.peft4j.error.PeftException;
import org.peft4j.internal.quantized.stored.StoredWeight;
import org.peft4j.internal.quantized.stored.StoredWeights;
import org.peft4j.internal.torch.WeightFiles;
import org.peft4j.safetensors.DType;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.weight.FrozenWeight;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the weights of a checkpoint folder. It must contain every expected tensor in its shape, and
 * no other tensor except known constant buffers and the heads that encoders were pretrained with.
 */
public final class CheckpointReader {
  private static final long MOST_TWICE = 1 << 24;

  private static final Logger LOG = LoggerFactory.getLogger(CheckpointReader.class);

  private final Path folder;
  private final TensorKeys keys;
  private final HeldFormats formats;
  private final Optional<StoredWeights> quantized;

  /**
   * @param keys the tensors that the architecture needs
   * @param quantized how the checkpoint holds weights in fewer bits, if it does
   */
  public CheckpointReader(
      Path folder, TensorKeys keys, HeldFormats formats, Optional<StoredWeights> quantized) {
    this.folder = folder;
    this.keys = keys;
    this.formats = formats;
    this.quantized = quantized;
  }

  /**
   * Reads all weights.
   *
   * @throws PeftException if a tensor is missing, unexpected, of another shape or not a float
   *     tensor
   */
  public WeightStore read() {
    try (TensorSource source = WeightFiles.open(folder)) {
      return read(source, WeightFiles.safetensors(folder)); // Others may give copies.
    }
  }

  /**
   * Reads all weights from one file, or from the shards in its index.
   *
   * @param file safetensors, or what {@code torch.save} wrote
   * @throws PeftException as {@link #read()} does
   */
  public WeightStore read(Path file) {
    try (TensorSource source = WeightFiles.open(file)) {
      return read(source, !file.toString().endsWith(WeightFiles.PICKLED));
    }
  }

  private WeightStore read(TensorSource source, boolean mapped) {
    Map<String, StoredWeight> inFewerBits = new TreeMap<>();
    quantized.ifPresent(form -> inFewerBits.putAll(form.in(source)));
    Map<String, StoredWeight> byKey = new TreeMap<>();
    Map<String, TensorInfo> found = match(source, inFewerBits, byKey);
    Map<String, FrozenWeight> weights = new HashMap<>();
    Map<String, List<ByteBuffer>> pages = new HashMap<>();
    if (mapped) {
      byKey.forEach((key, weight) -> pages.put(key, formats.pages(source, weight)));
      found.forEach((key, info) -> pages.put(key, formats.pages(key, source, info)));
    }
    byKey.forEach((key, weight) -> weights.put(key, formats.read(weight, keys.view(key))));
    found.forEach(
        (key, info) ->
            weights.put(
                key,
                keys.exact().contains(key)
                    ? formats.exact(source, info)
                    : formats.read(key, source, info, keys.view(key))));
    keys.aliases().forEach((alias, key) -> weights.put(alias, weights.get(key)));
    return new WeightStore(formats.vectors(), formats.matrices(), weights, pages);
  }

  private Map<String, TensorInfo> match(
      TensorSource source, Map<String, StoredWeight> inFewerBits, Map<String, StoredWeight> byKey) {
    Map<String, TensorInfo> found = new TreeMap<>();
    TreeSet<String> problems = new TreeSet<>();
    TreeSet<String> unused = new TreeSet<>();
    Set<String> parts = new HashSet<>();
    inFewerBits.forEach(
        (name, weight) -> {
          parts.addAll(weight.tensors());
          String key = keys.canonical(name).orElse(name);
          byKey.put(key, weight);
          check(key, weight, problems);
        });
    for (TensorInfo info : source.tensors().values()) {
      if (parts.contains(info.name())) {
        continue;
      }
      Optional<String> key = keys.canonical(info.name());
      if (key.isPresent()) {
        TensorInfo other = found.put(key.get(), info);
        if (other != null && !sameValues(source, other, info)) {
          problems.add(other.name() + " and " + info.name() + " are both " + key.get());
        }
        check(key.get(), info, problems);
      } else if (keys.ofPretraining(info.name())) {
        unused.add(info.name());
      } else if (!keys.harmless(info.name())) {
        problems.add("unexpected " + info.name() + " " + info.shape());
      }
    }
    keys.aliases()
        .forEach(
            (alias, key) -> {
              TensorInfo shared = source.tensors().get(alias);
              if (shared != null && found.putIfAbsent(key, shared) == null) {
                check(key, shared, problems);
              }
            });
    keys.shapes().keySet().stream()
        .filter(key -> !found.containsKey(key) && !byKey.containsKey(key))
        .filter(key -> !keys.optional().contains(key))
        .forEach(key -> problems.add("missing " + key + " " + keys.shapes().get(key)));
    if (!problems.isEmpty()) {
      throw new PeftException(
          "The weights in " + folder + " do not match its config.json: " + shown(problems));
    }
    if (!unused.isEmpty()) {
      LOG.info("{}: the head of pretraining is not used: {}.", folder, String.join(", ", unused));
    }
    return found;
  }

  /** Whether a tensor is there twice: BLIP's bias of its head has two names in files of before. */
  private static boolean sameValues(TensorSource source, TensorInfo one, TensorInfo other) {
    return one.dtype() == other.dtype()
        && one.shape().equals(other.shape())
        && one.byteCount() < MOST_TWICE
        && source
            .slice(one.name(), 0, (int) one.byteCount())
            .equals(source.slice(other.name(), 0, (int) other.byteCount()));
  }

  private void check(String key, StoredWeight weight, TreeSet<String> problems) {
    List<Long> expected = keys.shapes().get(key);
    if (expected == null || expected.size() != 2) {
      problems.add("unexpected " + key + " in fewer bits");
      return;
    }
    long[] matrix = keys.view(key).shape(expected.get(0), expected.get(1));
    if (matrix[0] != weight.out() || matrix[1] != weight.in()) {
      problems.add(
          key
              + " in fewer bits is ["
              + weight.out()
              + ", "
              + weight.in()
              + "] instead of "
              + Arrays.toString(matrix));
    }
  }

  private void check(String key, TensorInfo info, TreeSet<String> problems) {
    List<Long> expected = keys.shapes().get(key);
    if (!info.shape().equals(expected)) {
      problems.add(info.name() + " has shape " + info.shape() + " instead of " + expected);
    }
    if (info.dtype() != DType.F32 && info.dtype() != DType.F16 && info.dtype() != DType.BF16) {
      problems.add(info.name() + " is of type " + info.dtype() + " instead of F32, F16 or BF16");
    }
  }

  private static String shown(TreeSet<String> problems) {
    int most = 12;
    String rest = problems.size() > most ? "; and " + (problems.size() - most) + " more." : ".";
    return String.join("; ", problems.stream().limit(most).toList()) + rest;
  }
}
