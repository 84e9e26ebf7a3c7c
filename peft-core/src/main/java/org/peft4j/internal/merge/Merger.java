package org.peft4j.internal.merge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.TiedCopy;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.WeightGrafts;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;
import org.peft4j.weight.FrozenWeight;

/**
 * Merges adapters into the weights of a model: {@code W ← W + Σ ΔW}. The sums are made on widened
 * copies, which then replace the weights; undoing that is exact.
 */
public final class Merger {
  private final Map<String, OriginalPart> bySite = new LinkedHashMap<>();
  private final Kernels kernels;

  /**
   * @param layers the layers whose weights change
   * @param kernels what to compute with
   */
  public Merger(Iterable<OriginalPart> layers, Kernels kernels) {
    layers.forEach(layer -> layer.sites().forEach(site -> bySite.put(site.name(), layer)));
    this.kernels = kernels;
  }

  /**
   * Merges, or changes nothing and throws: all merged values are made and checked before the first
   * weight of the model changes.
   *
   * @throws PeftException if an adapter cannot be merged, a merged weight is not finite, or a
   *     weight cannot be replaced
   */
  public MergedState merge(List<Slot> slots) {
    requireMergeable(slots);
    try (Changes changes = new Changes()) {
      for (Slot slot : slots) {
        if (slot.adapter() instanceof TrainableCopy copy) {
          addCopies(slot, copy, changes);
        }
      }
      bySite(slots).forEach((site, own) -> addSum(site, own, changes));
      return changes.apply();
    }
  }

  /** Fails if any of {@code slots} is no change of a weight. */
  public static void requireMergeable(List<Slot> slots) {
    for (Slot slot : slots) {
      Adapter adapter = slot.adapter();
      if (!isCopy(adapter)
          && !(adapter instanceof WeightAdapter)
          && !(adapter instanceof ScalingAdapter)) {
        throw new PeftException(
            "Adapter \""
                + slot.adapterName()
                + "\" at "
                + adapter.site().name()
                + " is not a change of a weight and cannot be merged; nothing was changed. Leave it"
                + " active, or merge other adapters only.");
      }
    }
  }

  /** Whether it replaces parameters instead of changing them. */
  private static boolean isCopy(Adapter adapter) {
    return adapter instanceof TrainableCopy || adapter instanceof TiedCopy;
  }

  private void addCopies(Slot slot, TrainableCopy copy, Changes changes) {
    Site site = copy.site();
    for (SiteParameter parameter : copy.copied()) {
      FrozenWeight weight = frozen(site, parameter);
      INDArray stored = DetachedArrays.copy(copy.of(parameter.name(), slot.values()));
      INDArray value = weight.view().of(stored);
      changes.add(new Change(weight, value, slot.adapterName(), site.name(), parameter.name()));
    }
  }

  private static Map<Site, List<Slot>> bySite(List<Slot> slots) {
    Map<Site, List<Slot>> bySite = new LinkedHashMap<>();
    for (Slot slot : slots) {
      if (!isCopy(slot.adapter())) {
        bySite.computeIfAbsent(slot.adapter().site(), s -> new ArrayList<>()).add(slot);
      }
    }
    return bySite;
  }

  private void addSum(Site site, List<Slot> slots, Changes changes) {
    SiteParameter parameter = site.parameters().get(0);
    FrozenWeight weight = frozen(site, parameter);
    Change copied = changes.of(weight);
    if (copied != null && !copied.site().equals(site.name())) {
      return; // A weight that two sites share changes once.
    }
    String names =
        slots.stream().map(Slot::adapterName).distinct().collect(Collectors.joining(", "));
    WeightGrafts grafts =
        new WeightGrafts(
            slots.stream()
                .map(slot -> new Graft(slot.adapterName(), slot.adapter(), slot.values()))
                .toList());
    INDArray value;
    if (copied == null) {
      // Widened, so that a weight in half precision is rounded once, after the sum.
      value = weight.widened(type(slots, weight));
      changes.add(new Change(weight, value, names, site.name(), parameter.name()));
    } else {
      value = copied.value();
    }
    INDArray bias = biasToChange(site, slots, grafts.scaleBias(), changes);
    grafts.apply(new Pass(kernels, false, 0), value, bias);
  }

  /** The bias as it is among the changes, or comes to be; null if it does not change. */
  private @Nullable INDArray biasToChange(
      Site site, List<Slot> slots, boolean scaled, Changes changes) {
    Optional<Slot> own = slots.stream().filter(Merger::changesBias).findFirst();
    if (!scaled && own.isEmpty()) {
      return null;
    }
    Optional<SiteParameter> parameter =
        site.parameters().stream().filter(SiteParameter::bias).findFirst();
    if (parameter.isEmpty()) {
      own.ifPresent(slot -> refuseBias(slot, site));
      return null;
    }
    FrozenWeight bias = frozen(site, parameter.get());
    Change earlier = changes.of(bias);
    if (earlier != null) {
      return earlier.value();
    }
    INDArray value = bias.widened(type(slots, bias));
    String name = slots.get(0).adapterName();
    changes.add(new Change(bias, value, name, site.name(), parameter.get().name()));
    return value;
  }

  private static void refuseBias(Slot slot, Site site) {
    throw new PeftException(
        "Adapter \""
            + slot.adapterName()
            + "\" has a bias at "
            + site.name()
            + ", whose base module has none to merge it into.");
  }

  private static DataType type(List<Slot> slots, FrozenWeight weight) {
    return slots.stream()
        .flatMap(slot -> slot.values().asMap().values().stream())
        .findFirst()
        .or(weight::array)
        .map(INDArray::dataType)
        .orElse(DataType.FLOAT);
  }

  private static boolean changesBias(Slot slot) {
    return slot.adapter() instanceof WeightAdapter adapter && adapter.changesBias();
  }

  private FrozenWeight frozen(Site site, SiteParameter parameter) {
    OriginalPart layer = bySite.get(site.name());
    if (layer == null) {
      throw new IllegalArgumentException("No site " + site.name() + " in this model.");
    }
    return layer.frozen(site, parameter.name());
  }
}
