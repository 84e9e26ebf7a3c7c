package org.peft4j.internal.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.SharingAdapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TiedCopy;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.SlotTensors;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/** Makes and checks slots: adapters with their own values. */
public final class Slots {
  private Slots() {}

  /** Slots whose tensors are zero, to be filled. */
  static List<Slot> empty(String name, List<Adapter> adapters, WrappedModel<?> wrapped) {
    List<Slot> slots = new ArrayList<>();
    for (Adapter adapter : adapters) {
      Map<String, INDArray> tensors = new LinkedHashMap<>();
      for (ParameterSpec spec : adapter.parameters()) {
        tensors.put(spec.name(), DetachedArrays.zeros(wrapped.dataType(), spec.shapeArray()));
      }
      slots.add(new Slot(name, adapter, new Tensors(tensors)));
    }
    return slots;
  }

  /** Slots with first values, drawn by the model's seed and each tensor's name. */
  static List<Slot> fresh(String name, List<Adapter> adapters, WrappedModel<?> wrapped) {
    List<Slot> slots = empty(name, adapters, wrapped);
    for (Slot slot : slots) {
      for (ParameterSpec spec : slot.adapter().parameters()) {
        String key = name + "/" + slot.adapter().site().name() + "/" + spec.name();
        long seed = 31 * wrapped.shared().masks().seed() + key.hashCode();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        spec.initializer().fill(slot.values().get(spec.name()), random);
      }
      slot.adapter().complete(slot.values());
    }
    return slots;
  }

  /**
   * Copies values into slots.
   *
   * @throws PeftException with every tensor that is missing, unexpected or of another shape
   */
  static void fill(String name, List<Slot> slots, Map<String, INDArray> values) {
    Map<String, INDArray> targets = SlotTensors.of(slots);
    List<String> problems = new ArrayList<>();
    targets.forEach(
        (key, target) -> {
          INDArray value = values.get(key);
          if (value == null) {
            problems.add("missing " + key);
          } else if (!Arrays.equals(value.shape(), target.shape())) {
            problems.add(
                key
                    + " has the shape "
                    + Arrays.toString(value.shape())
                    + "; needed: "
                    + Arrays.toString(target.shape()));
          }
        });
    values.keySet().stream()
        .filter(key -> !targets.containsKey(key))
        .forEach(key -> problems.add("unexpected " + key));
    if (!problems.isEmpty()) {
      close(slots);
      throw new PeftException(
          "These values are not those of adapter \""
              + name
              + "\": "
              + String.join("; ", problems)
              + ".");
    }
    targets.forEach((key, target) -> target.assign(Objects.requireNonNull(values.get(key))));
  }

  /** Whether both have the same tensors in the same order. */
  public static boolean sameShapes(List<Slot> some, List<Slot> others) {
    return shapes(some).equals(shapes(others));
  }

  private static List<String> shapes(List<Slot> slots) {
    List<String> shapes = new ArrayList<>();
    for (Slot slot : slots) {
      for (ParameterSpec spec : slot.adapter().parameters()) {
        shapes.add(slot.adapter().key(spec) + spec.shape());
      }
    }
    return shapes;
  }

  /** Copies values to slots of the same shapes, and frees the memory of the source. */
  public static void move(List<Slot> from, List<Slot> to) {
    for (int i = 0; i < to.size(); i++) {
      to.get(i).values().assign(from.get(i).values());
    }
    close(from);
  }

  /** Frees the memory of slots that are not active. */
  public static void close(List<Slot> slots) {
    slots.forEach(slot -> slot.values().close());
  }

  /** Two active adapters must not replace the same parameter. */
  public static void requireNoConflict(List<Slot> slots) {
    Map<String, String> owners = new HashMap<>();
    for (Slot slot : slots) {
      requireOwnKeys(slot, owners);
      for (SiteParameter parameter : replaced(slot.adapter())) {
        String key = slot.adapter().site().name() + "." + parameter.name();
        String other = owners.put(key, slot.adapterName());
        if (other != null) {
          throw new PeftException(
              "Adapters \""
                  + other
                  + "\" and \""
                  + slot.adapterName()
                  + "\" both have a copy of "
                  + key
                  + "; only one of them can be active. Train one with bias none and without"
                  + " modules_to_save, or activate one at a time.");
        }
      }
    }
  }

  /** The parameters of its site that an adapter replaces. */
  private static List<SiteParameter> replaced(Adapter adapter) {
    if (adapter instanceof TrainableCopy copy) {
      return copy.copied();
    }
    return adapter instanceof TiedCopy tied ? List.of(tied.copied()) : List.of();
  }

  /** Deeplearning4j's keys have no underscore, so two names may come to the same. */
  private static void requireOwnKeys(Slot slot, Map<String, String> owners) {
    for (ParameterSpec spec : slot.adapter().parameters()) {
      String other = owners.put("key " + slot.key(spec), slot.adapterName());
      if (slot.adapterName().equals(other)) {
        throw new PeftException(
            "Adapter \"%s\" has two tensors of the name %s, of which Deeplearning4j would lose one. Target the modules in adapters of their own."
                .formatted(other, slot.key(spec)));
      }
      if (other != null) {
        throw new PeftException(
            "Adapters \""
                + other
                + "\" and \""
                + slot.adapterName()
                + "\" cannot be active together: to Deeplearning4j, which has no underscore in its"
                + " keys, their names are the same. Load one of them under another name.");
      }
    }
  }

  /**
   * Adapters that stay active beside merged weights must not depend on them: a scale would act on
   * the merged part too, a copy would hide it, rows that replace the weight's would take it away.
   */
  public static void requireIndependent(List<Slot> staying, List<Slot> merged) {
    Set<Site> changed =
        merged.stream().map(slot -> slot.adapter().site()).collect(Collectors.toSet());
    for (Slot slot : staying) {
      Adapter adapter = slot.adapter();
      boolean depends =
          adapter instanceof ScalingAdapter
              || adapter instanceof TrainableCopy
              || adapter.readsWeight();
      if (depends && changed.contains(adapter.site())) {
        throw new PeftException(
            "Adapter \""
                + slot.adapterName()
                + "\" stays active and depends on the weight of "
                + adapter.site().name()
                + ", into which another would be merged. Merge both, or deactivate it.");
      }
    }
  }

  /** An array that two sites share cannot take a change of one of them. */
  public static void requireUntied(List<Slot> slots, ModelSites sites) {
    for (Slot slot : slots) {
      List<Site> tied = new ArrayList<>(sites.tiedTo(slot.adapter().site()));
      if (slot.adapter() instanceof SharingAdapter sharing) {
        tied.removeAll(sharing.tied());
      }
      if (!tied.isEmpty() && !slot.adapter().parameters().isEmpty()) {
        throw new PeftException(
            slot.adapter().site().name()
                + " shares its weight with "
                + tied.get(0).name()
                + ", so adapter \""
                + slot.adapterName()
                + "\" cannot be merged there without changing both. Load the base model untied.");
      }
    }
  }
}
