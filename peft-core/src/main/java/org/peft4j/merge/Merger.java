package org.peft4j.merge;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftException;
import org.peft4j.adapter.DetachedArrays;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.adapter.WeightAdapter;
import org.peft4j.host.LayerHosting;
import org.peft4j.host.Slot;
import org.peft4j.kernel.Kernels;
import org.peft4j.site.Site;
import org.peft4j.site.SiteParameter;

/**
 * Merges adapters into the arrays of a model: {@code W ← W + Σ ΔW}. The originals are kept, so that
 * undoing is exact.
 */
public final class Merger {
  private final Map<String, LayerHosting> bySite = new LinkedHashMap<>();
  private final Kernels kernels;

  /**
   * @param layers the layers whose arrays change
   * @param kernels what to compute with
   */
  public Merger(Iterable<LayerHosting> layers, Kernels kernels) {
    layers.forEach(layer -> layer.sites().forEach(site -> bySite.put(site.name(), layer)));
    this.kernels = kernels;
  }

  /**
   * Merges, or changes nothing and throws.
   *
   * @return the original values by array, to {@link #restore}
   * @throws PeftException if an adapter cannot be merged, or a merged weight is not finite
   */
  public List<Original> merge(List<Slot> slots) {
    requireMergeable(slots);
    List<Original> originals = new ArrayList<>();
    boolean done = false;
    try {
      for (Slot slot : slots) {
        if (slot.adapter() instanceof TrainableCopy copy) {
          replace(copy, slot.values(), originals);
        }
      }
      for (Slot slot : slots) {
        if (slot.adapter() instanceof WeightAdapter adapter) {
          add(slot, adapter, originals);
        }
      }
      done = true;
      return originals;
    } finally {
      if (!done) {
        restore(originals);
      }
    }
  }

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

  private static void requireMergeable(List<Slot> slots) {
    for (Slot slot : slots) {
      if (!(slot.adapter() instanceof TrainableCopy)
          && !(slot.adapter() instanceof WeightAdapter)) {
        throw new PeftException(
            "Adapter \""
                + slot.adapterName()
                + "\" at "
                + slot.adapter().site().name()
                + " is not a change of a weight and cannot be merged.");
      }
    }
  }

  private void replace(TrainableCopy copy, Tensors values, List<Original> originals) {
    for (SiteParameter parameter : copy.copied()) {
      LayerHosting layer = layer(copy.site());
      INDArray array = layer.frozen(copy.site(), parameter.name());
      keep(layer, array, originals);
      array.assign(copy.of(parameter.name(), values));
    }
  }

  private void add(Slot slot, WeightAdapter adapter, List<Original> originals) {
    Site site = adapter.site();
    LayerHosting layer = layer(site);
    // Of external weights the whole array, of which the weight may be a transposed view.
    keep(layer, layer.external() ? layer.frozen(site, "weight") : layer.weight(site), originals);
    INDArray weight = layer.weight(site);
    addDelta(adapter, slot.values(), weight);
    requireFinite(slot, weight);
    if (adapter.changesBias()) {
      INDArray bias = bias(slot);
      keep(layer, bias, originals);
      adapter.addBiasDelta(slot.values(), bias);
      requireFinite(slot, bias);
    }
  }

  /** A weight in half precision is rounded once, after the sum. */
  private void addDelta(WeightAdapter adapter, Tensors values, INDArray weight) {
    DataType type = values.asMap().values().iterator().next().dataType();
    INDArray wide = weight.dataType() == type ? weight : weight.castTo(type);
    adapter.addDelta(new Pass(kernels, false, 0), values, wide);
    if (wide != weight) {
      weight.assign(wide);
      wide.close();
    }
  }

  private INDArray bias(Slot slot) {
    Site site = slot.adapter().site();
    return site.parameters().stream()
        .filter(SiteParameter::bias)
        .findFirst()
        .map(parameter -> layer(site).frozen(site, parameter.name()))
        .orElseThrow(
            () ->
                new PeftException(
                    "Adapter \""
                        + slot.adapterName()
                        + "\" has a bias at "
                        + site.name()
                        + ", whose base module has none to merge it into."));
  }

  private LayerHosting layer(Site site) {
    LayerHosting layer = bySite.get(site.name());
    if (layer == null) {
      throw new IllegalArgumentException("No site " + site.name() + " in this model.");
    }
    return layer;
  }

  /** External weights may be a mapped file: they are changed in a copy that takes their place. */
  private static void keep(LayerHosting layer, INDArray array, List<Original> originals) {
    INDArray copy = DetachedArrays.copy(array);
    if (layer.external()) {
      originals.add(new Original(array, copy, array.data()));
      array.setData(copy.data());
    } else {
      originals.add(new Original(array, copy, null));
    }
  }

  private static void requireFinite(Slot slot, INDArray array) {
    if (!Double.isFinite(array.amaxNumber().doubleValue())) {
      throw new PeftException(
          "Merging adapter \""
              + slot.adapterName()
              + "\" makes the weight of "
              + slot.adapter().site().name()
              + " infinite or NaN; nothing was changed. The adapter is broken.");
    }
  }
}
