package org.peft4j.internal.files;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.internal.NearestPaths;
import org.peft4j.internal.graft.Slot;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/** Reads an adapter's tensors strictly: all problems in one exception, nothing read before it. */
final class AdapterReader {
  private static final int SHOWN = 8;

  private final TensorSource source;
  private final List<Slot> slots;
  private final List<Slot> encoded;
  private final FrozenValues frozen;
  private final Map<String, Expected> expected = new LinkedHashMap<>();
  private final Map<String, FrozenWeight> baseCopies = new LinkedHashMap<>();
  private final Map<String, Supplier<INDArray>> constants = new LinkedHashMap<>();
  private final Map<String, INDArray> copies = new LinkedHashMap<>();

  private record Expected(List<Long> shape, INDArray target) {}

  /**
   * @param slots whose parameters are in the file
   * @param encoded slots with parameters read before; the file has their encoder's output
   */
  AdapterReader(TensorSource source, List<Slot> slots, List<Slot> encoded, FrozenValues frozen) {
    this.source = source;
    this.slots = slots;
    this.encoded = encoded;
    this.frozen = frozen;
  }

  void read() {
    collectExpected();
    List<String> problems = new ArrayList<>();
    List<String> missing =
        expected.keySet().stream().filter(key -> !source.tensors().containsKey(key)).toList();
    List<String> unexpected =
        source.tensors().keySet().stream()
            .filter(key -> !expected.containsKey(key))
            .filter(key -> !baseCopies.containsKey(key) && !constants.containsKey(key))
            .filter(key -> !copies.containsKey(key))
            .toList();
    if (!missing.isEmpty()) {
      problems.add("missing " + list(missing));
    }
    if (!unexpected.isEmpty()) {
      problems.add(
          "unexpected "
              + list(unexpected)
              + ", nearest to it: "
              + NearestPaths.of(unexpected.get(0), expected.keySet()));
    }
    expected.forEach((key, wanted) -> checkShape(key, wanted.shape(), problems));
    baseCopies.keySet().removeAll(expected.keySet());
    baseCopies.forEach((key, base) -> checkBase(key, base, problems));
    constants.forEach((key, value) -> checkConstant(key, value, problems));
    if (!problems.isEmpty()) {
      throw new PeftException(
          source.path()
              + " is not an adapter of this config for this model: "
              + String.join("; ", problems)
              + ".");
    }
    expected.forEach(this::fill);
    copies.forEach(this::checkCopy);
  }

  private void collectExpected() {
    for (Slot slot : encoded) {
      ((EncodedAdapter) slot.adapter())
          .encoded(slot.values())
          .forEach((key, value) -> constants.put(key, () -> value));
    }
    for (Slot slot : slots) {
      constants.putAll(slot.adapter().constants());
      slot.adapter().copies().forEach((name, key) -> copies.put(key, slot.values().get(name)));
      for (ParameterSpec spec : slot.adapter().parameters()) {
        expected.put(
            slot.adapter().key(spec), new Expected(spec.shape(), slot.values().get(spec.name())));
      }
      if (!(slot.adapter() instanceof TrainableCopy)) {
        // Hugging Face PEFT saves a targeted embedding's or output head's own weight too.
        for (SiteParameter parameter : slot.adapter().site().parameters()) {
          baseCopies.put(
              "base_model.model."
                  + slot.adapter().site().name()
                  + ".base_layer."
                  + parameter.name(),
              frozen.parameter(slot.adapter().site(), parameter.name()));
        }
      }
    }
  }

  private void checkShape(String key, List<Long> shape, List<String> problems) {
    TensorInfo info = source.tensors().get(key);
    if (info == null) {
      return;
    }
    if (!info.shape().equals(shape)) {
      problems.add(key + " has the shape " + info.shape() + "; this model's is " + shape);
    } else if (!info.dtype().isFloating()) {
      problems.add(key + " is of the type " + info.dtype() + "; a floating type is needed");
    }
  }

  /** A weight that is no array is not compared: rounding hides what differs. */
  private void checkBase(String key, FrozenWeight base, List<String> problems) {
    TensorInfo info = source.tensors().get(key);
    if (info == null) {
      return;
    }
    List<Long> shape = java.util.Arrays.stream(base.storedShape()).boxed().toList();
    boolean equal =
        info.shape().equals(shape)
            && base.array().map(array -> TensorFile.equalValues(source, key, array)).orElse(true);
    if (!equal) {
      problems.add(
          key
              + " is a copy of a base model's weight, but not of this one's: the adapter was trained"
              + " on another base model, or on one with more tokens");
    }
  }

  private void checkCopy(String key, INDArray value) {
    TensorInfo info = source.tensors().get(key);
    List<Long> shape = java.util.Arrays.stream(value.shape()).boxed().toList();
    if (info != null
        && !(info.shape().equals(shape) && TensorFile.equalValues(source, key, value))) {
      throw new PeftException(
          source.path()
              + ": "
              + key
              + " is a copy of a tensor that shares its weight, but differs.");
    }
  }

  private void checkConstant(String key, Supplier<INDArray> supplier, List<String> problems) {
    TensorInfo info = source.tensors().get(key);
    if (info == null) {
      return;
    }
    INDArray value = supplier.get();
    List<Long> shape = java.util.Arrays.stream(value.shape()).boxed().toList();
    if (!info.shape().equals(shape)) {
      problems.add(key + " has the shape " + info.shape() + "; it must be " + shape);
    } else if (!TensorFile.nearValues(source, key, value)) {
      problems.add(key + " has other values than the config or the encoder gives: it was changed");
    }
  }

  private void fill(String key, Expected wanted) {
    TensorFile.read(source, key, wanted.target());
    if (!Finite.all(wanted.target())) {
      throw new PeftException(
          source.path() + ": " + key + " has infinite or NaN values; the adapter is broken.");
    }
  }

  private static String list(List<String> names) {
    String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
  }
}
