package org.peft4j.internal.files;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.EncodedAdapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.TiedCopy;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.internal.NearestPaths;
import org.peft4j.internal.graft.Slot;
import org.peft4j.method.Injection.FrozenValues;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.weight.FrozenWeight;

/** Reads an adapter's tensors strictly: all problems in one exception, nothing read before it. */
final class AdapterReader {
  private static final int SHOWN = 8;

  private final TensorSource source;
  private final Map<String, List<Long>> expected = new LinkedHashMap<>();
  private final Map<String, FrozenWeight> baseCopies = new LinkedHashMap<>();
  private final Map<String, Supplier<INDArray>> constants = new LinkedHashMap<>();
  private final Set<String> vocabulary = new LinkedHashSet<>();
  private final Set<String> copies = new LinkedHashSet<>();

  /**
   * @param adapters whose parameters are in the file
   * @param frozen the base model's values, which copies of them in the file must equal
   */
  AdapterReader(TensorSource source, List<Adapter> adapters, FrozenValues frozen) {
    this.source = source;
    for (Adapter adapter : adapters) {
      if (ofVocabulary(adapter.site())) {
        vocabulary.addAll(adapter.parameters().stream().map(adapter::key).toList());
      }
      constants.putAll(adapter.constants());
      copies.addAll(adapter.copyShapes().keySet());
      for (ParameterSpec spec : adapter.parameters()) {
        expected.put(adapter.key(spec), spec.shape());
      }
      if (!(adapter instanceof TrainableCopy) && !(adapter instanceof TiedCopy)) {
        // Hugging Face PEFT saves a targeted embedding's or output head's own weight too.
        for (SiteParameter parameter : adapter.site().parameters()) {
          baseCopies.put(
              "base_model.model." + adapter.site().name() + ".base_layer." + parameter.name(),
              frozen.parameter(adapter.site(), parameter.name()));
        }
      }
    }
    for (Site site : frozen.sites()) {
      // save_embedding_layers saves them, changed or not.
      if (ofVocabulary(site)) {
        for (SiteParameter parameter : site.parameters()) {
          baseCopies.put(
              Adapter.KEY_ROOT + site.name() + "." + parameter.name(),
              frozen.parameter(site, parameter.name()));
        }
      }
    }
    baseCopies.keySet().removeAll(expected.keySet());
    baseCopies.keySet().removeAll(copies);
  }

  private static boolean ofVocabulary(Site site) {
    return site.role() == SiteRole.TOKEN_EMBEDDING || site.role() == SiteRole.HEAD;
  }

  /** Adds what the file may hold of slots whose parameters were read from another. */
  void allow(List<Slot> encoded) {
    for (Slot slot : encoded) {
      ((EncodedAdapter) slot.adapter())
          .encoded(slot.values())
          .forEach((key, value) -> constants.put(key, () -> value));
    }
  }

  /** Fails unless the file has the tensors of the adapters, and no other; allocates nothing. */
  void check() {
    List<String> problems = new ArrayList<>();
    addMissing(problems);
    addUnexpected(problems);
    expected.forEach((key, shape) -> checkShape(key, shape, problems));
    require(problems);
  }

  /** Fails unless the file has the tensors of the adapters; it may have others. */
  void checkPresent() {
    List<String> problems = new ArrayList<>();
    addMissing(problems);
    expected.forEach((key, shape) -> checkShape(key, shape, problems));
    require(problems);
  }

  /** Reads the values of slots of the adapters, after all checks. */
  void read(List<Slot> slots) {
    check();
    List<String> problems = new ArrayList<>();
    baseCopies.forEach((key, base) -> checkBase(key, base, problems));
    constants.forEach((key, value) -> checkConstant(key, value, problems));
    require(problems);
    for (Slot slot : slots) {
      for (ParameterSpec spec : slot.adapter().parameters()) {
        fill(slot.adapter().key(spec), slot.values().get(spec.name()));
      }
    }
    for (Slot slot : slots) {
      slot.adapter().copies(slot.values()).forEach(this::checkCopy);
    }
  }

  private void addMissing(List<String> problems) {
    List<String> missing =
        expected.keySet().stream().filter(key -> !source.tensors().containsKey(key)).toList();
    if (!missing.isEmpty()) {
      problems.add("missing " + list(missing));
    }
  }

  private void addUnexpected(List<String> problems) {
    List<String> unexpected =
        source.tensors().keySet().stream()
            .filter(key -> !expected.containsKey(key))
            .filter(key -> !baseCopies.containsKey(key) && !constants.containsKey(key))
            .filter(key -> !copies.contains(key))
            .toList();
    if (!unexpected.isEmpty()) {
      problems.add(
          "unexpected "
              + list(unexpected)
              + ", nearest to it: "
              + NearestPaths.of(unexpected.get(0), expected.keySet()));
      ForeignKeys.layout(Set.copyOf(unexpected))
          .ifPresent(layout -> problems.add("the file has " + layout));
      if (unexpected.stream()
          .anyMatch(key -> key.matches("base_model\\.model\\.(score|classifier)\\..*"))) {
        problems.add(
            "the adapter is a sequence classifier's (SEQ_CLS) and this model has no such head: load"
                + " the model as a classifier, with the adapter's number of labels");
      }
    }
  }

  private void require(List<String> problems) {
    if (!problems.isEmpty()) {
      throw new PeftException(
          source.path()
              + " is not an adapter of this config for this model: "
              + String.join("; ", problems)
              + ".");
    }
  }

  private void checkShape(String key, List<Long> shape, List<String> problems) {
    TensorInfo info = source.tensors().get(key);
    if (info == null) {
      return;
    }
    if (!info.shape().equals(shape)) {
      problems.add(
          key
              + " has the shape "
              + info.shape()
              + "; this model's is "
              + shape
              + (vocabulary.contains(key) ? resized(info.shape(), shape) : ""));
    } else if (!info.dtype().isFloating()) {
      problems.add(key + " is of the type " + info.dtype() + "; a floating type is needed");
    }
  }

  /** The way out where the adapter's model had another vocabulary. */
  private static String resized(List<Long> found, List<Long> wanted) {
    for (int i = 0; i < Math.min(found.size(), wanted.size()); i++) {
      if (!found.get(i).equals(wanted.get(i))) {
        return " (the adapter's model had "
            + found.get(i)
            + " tokens, this one has "
            + wanted.get(i)
            + ": make a base model like the adapter's with peft resize --model MODEL --adapter"
            + " ADAPTER --output FOLDER, and load that)";
      }
    }
    return "";
  }

  /** A weight that is no array is not compared: rounding hides what differs. */
  private void checkBase(String key, FrozenWeight base, List<String> problems) {
    TensorInfo info = source.tensors().get(key);
    if (info == null) {
      return;
    }
    List<Long> shape = Arrays.stream(base.storedShape()).boxed().toList();
    boolean equal =
        info.shape().equals(shape)
            && base.array().map(array -> TensorFile.equalValues(source, key, array)).orElse(true);
    if (!equal) {
      problems.add(
          key
              + " is a copy of a base model's weight, but not of this one's: the adapter was"
              + " trained on another base model, or on one with more tokens"
              + resized(info.shape(), shape));
    }
  }

  private void checkCopy(String key, INDArray value) {
    TensorInfo info = source.tensors().get(key);
    List<Long> shape = Arrays.stream(value.shape()).boxed().toList();
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
    List<Long> shape = Arrays.stream(value.shape()).boxed().toList();
    if (!info.shape().equals(shape)) {
      problems.add(key + " has the shape " + info.shape() + "; it must be " + shape);
    } else if (!TensorFile.nearValues(source, key, value)) {
      problems.add(key + " has other values than the config or the encoder gives: it was changed");
    }
  }

  private void fill(String key, INDArray target) {
    TensorFile.read(source, key, target);
    if (!Finite.all(target)) {
      throw new PeftException(
          source.path() + ": " + key + " has infinite or NaN values; the adapter is broken.");
    }
  }

  private static String list(List<String> names) {
    String shown = names.stream().limit(SHOWN).collect(Collectors.joining(", "));
    return names.size() <= SHOWN ? shown : shown + " and " + (names.size() - SHOWN) + " more";
  }
}
