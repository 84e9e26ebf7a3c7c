package org.peft4j.internal.merge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.ScalingAdapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Finite;
import org.peft4j.internal.graft.Graft;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.graft.WeightGrafts;
import org.peft4j.internal.original.OriginalPart;
import org.peft4j.kernel.DetachedArrays;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/**
 * Merges adapters into the arrays of a model: {@code W ← W + Σ ΔW}. The originals are kept, so that
 * undoing is exact.
 */
public final class Merger {
  private final Map<String, OriginalPart> bySite = new LinkedHashMap<>();
  private final Kernels kernels;

  /**
   * @param layers the layers whose arrays change
   * @param kernels what to compute with
   */
  public Merger(Iterable<OriginalPart> layers, Kernels kernels) {
    layers.forEach(layer -> layer.sites().forEach(site -> bySite.put(site.name(), layer)));
    this.kernels = kernels;
  }

  /**
   * Merges, or changes nothing and throws: all merged values are made and checked before the first
   * array of the model changes.
   *
   * @return the original values by array, to {@link #restore}
   * @throws PeftException if an adapter cannot be merged, or a merged weight is not finite
   */
  public List<Original> merge(List<Slot> slots) {
    requireMergeable(slots);
    List<Change> changes = new ArrayList<>();
    try {
      for (Slot slot : slots) {
        if (slot.adapter() instanceof TrainableCopy copy) {
          changes.addAll(replaced(slot, copy));
        }
      }
      bySite(slots)
          .forEach((site, own) -> changes.addAll(changed(site, own, List.copyOf(changes))));
      changes.forEach(Merger::requireFinite);
    } catch (RuntimeException | Error e) {
      changes.forEach(change -> change.value().close());
      throw e;
    }
    return changes.stream().map(Merger::write).toList();
  }

  /**
   * A merged value that waits to be written.
   *
   * @param array where it goes
   * @param transposed whether the value is the array's transpose
   * @param what for messages
   */
  private record Change(
      OriginalPart layer,
      INDArray array,
      boolean transposed,
      INDArray value,
      String adapter,
      String what) {}

  /** Puts the original values back, bit for bit. */
  public static void restore(List<Original> originals) {
    for (int i = originals.size() - 1; i >= 0; i--) {
      Original original = originals.get(i);
      if (original.buffer() == null) {
        original.array().assign(original.value());
      } else {
        original.array().setData(original.buffer());
      }
    }
    free(originals);
  }

  /** Frees the memory that was taken, without putting the original values back. */
  public static void free(List<Original> originals) {
    originals.forEach(original -> original.value().close());
  }

  /**
   * An array that was changed, and what it was.
   *
   * @param value the original values; or, with a buffer, the array that holds the changed ones
   * @param buffer the original memory, which was left as it is; null if it was changed
   */
  public record Original(INDArray array, INDArray value, @Nullable DataBuffer buffer) {}

  /** Fails if any of {@code slots} is no change of a weight. */
  public static void requireMergeable(List<Slot> slots) {
    for (Slot slot : slots) {
      Adapter adapter = slot.adapter();
      if (!(adapter instanceof TrainableCopy)
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

  private List<Change> replaced(Slot slot, TrainableCopy copy) {
    List<Change> changes = new ArrayList<>();
    for (SiteParameter parameter : copy.copied()) {
      OriginalPart layer = layer(copy.site());
      INDArray array = layer.frozen(copy.site(), parameter.name());
      INDArray value = DetachedArrays.copy(array);
      value.assign(copy.of(parameter.name(), slot.values()));
      changes.add(
          new Change(
              layer,
              array,
              false,
              value,
              slot.adapterName(),
              copy.site().name() + "." + parameter.name()));
    }
    return changes;
  }

  private static Map<Site, List<Slot>> bySite(List<Slot> slots) {
    Map<Site, List<Slot>> bySite = new LinkedHashMap<>();
    for (Slot slot : slots) {
      if (!(slot.adapter() instanceof TrainableCopy)) {
        bySite.computeIfAbsent(slot.adapter().site(), s -> new ArrayList<>()).add(slot);
      }
    }
    return bySite;
  }

  private List<Change> changed(Site site, List<Slot> slots, List<Change> before) {
    OriginalPart layer = layer(site);
    INDArray view = layer.weight(site);
    // Of external weights the array itself, of which the view may be the transpose.
    INDArray array = layer.external() ? layer.frozen(site, "weight") : view;
    if (valueOf(array, before) != null) {
      return List.of(); // A weight that two sites share changes once.
    }
    boolean transposed = !Arrays.equals(array.stride(), view.stride());
    String names =
        slots.stream().map(Slot::adapterName).distinct().collect(Collectors.joining(", "));
    WeightGrafts grafts =
        new WeightGrafts(
            slots.stream()
                .map(slot -> new Graft(slot.adapterName(), slot.adapter(), slot.values()))
                .toList());
    INDArray weight = wide(view, slots);
    List<Change> changes = new ArrayList<>();
    changes.add(new Change(layer, array, transposed, weight, names, site.name() + ".weight"));
    INDArray bias = biasChange(site, slots, grafts.scaleBias(), before, changes);
    grafts.apply(new Pass(kernels, false, 0), weight, bias);
    for (Slot slot : slots) {
      if (slot.adapter() instanceof WeightAdapter adapter
          && adapter.changesBias()
          && bias != null) {
        adapter.addBiasDelta(slot.values(), bias);
      }
    }
    return changes;
  }

  /** The bias to change, a copy of which is or comes to be among the changes; null if none is. */
  private @Nullable INDArray biasChange(
      Site site, List<Slot> slots, boolean scaled, List<Change> before, List<Change> changes) {
    Optional<Slot> own = slots.stream().filter(Merger::changesBias).findFirst();
    if (!scaled && own.isEmpty()) {
      return null;
    }
    OriginalPart layer = layer(site);
    Optional<SiteParameter> parameter =
        site.parameters().stream().filter(SiteParameter::bias).findFirst();
    if (parameter.isEmpty()) {
      own.ifPresent(slot -> refuseBias(slot, site));
      return null;
    }
    INDArray bias = layer.frozen(site, parameter.get().name());
    INDArray earlier = valueOf(bias, before);
    if (earlier != null) {
      return earlier;
    }
    INDArray value = wide(bias, slots);
    String names = slots.get(0).adapterName();
    changes.add(new Change(layer, bias, false, value, names, site.name() + ".bias"));
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

  /** A copy to add to; a weight in half precision is rounded once, after the sum. */
  private static INDArray wide(INDArray array, List<Slot> slots) {
    DataType type =
        slots.get(0).values().asMap().values().stream()
            .findFirst()
            .map(INDArray::dataType)
            .orElse(array.dataType());
    INDArray copy = DetachedArrays.zeros(type, array.shape());
    return copy.assign(array);
  }

  private static @Nullable INDArray valueOf(INDArray array, List<Change> changes) {
    return changes.stream()
        .filter(change -> change.array() == array)
        .map(Change::value)
        .findFirst()
        .orElse(null);
  }

  private static boolean changesBias(Slot slot) {
    return slot.adapter() instanceof WeightAdapter adapter && adapter.changesBias();
  }

  private OriginalPart layer(Site site) {
    OriginalPart layer = bySite.get(site.name());
    if (layer == null) {
      throw new IllegalArgumentException("No site " + site.name() + " in this model.");
    }
    return layer;
  }

  /** External weights may be a mapped file: a copy takes the place of their memory. */
  private static Original write(Change change) {
    INDArray array = change.array();
    if (!change.layer().external()) {
      INDArray old = DetachedArrays.copy(array);
      array.assign(change.value());
      change.value().close();
      return new Original(array, old, null);
    }
    INDArray copy = asStored(change.value(), array, change.transposed());
    Original original = new Original(array, copy, array.data());
    array.setData(copy.data());
    return original;
  }

  private static INDArray asStored(INDArray value, INDArray array, boolean transposed) {
    if (!transposed && value.dataType() == array.dataType()) {
      return value;
    }
    INDArray copy = DetachedArrays.zeros(array.dataType(), array.shape());
    copy.assign(transposed ? value.transpose() : value);
    value.close();
    return copy;
  }

  private static void requireFinite(Change change) {
    if (!Finite.all(change.value())) {
      throw new PeftException(
          "Merging adapter \""
              + change.adapter()
              + "\" makes "
              + change.what()
              + " infinite or NaN; nothing was changed. The adapter is broken.");
    }
  }
}
