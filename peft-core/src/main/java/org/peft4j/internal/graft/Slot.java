package org.peft4j.internal.graft;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Tensors;

/**
 * One adapter at one site with its current values: its own arrays while the adapter is inactive,
 * views of the network's parameter vector while it is active.
 */
public final class Slot {
  private final String adapterName;
  private final Adapter adapter;
  private Tensors values;

  public Slot(String adapterName, Adapter adapter, Tensors values) {
    this.adapterName = adapterName;
    this.adapter = adapter;
    this.values = values;
  }

  public String adapterName() {
    return adapterName;
  }

  public Adapter adapter() {
    return adapter;
  }

  public Tensors values() {
    return values;
  }

  public void setValues(Tensors values) {
    this.values = values;
  }

  /** Tensors that train with those of this slot that do not. */
  public Tensors withFrozen(Tensors trained) {
    Map<String, INDArray> all = new LinkedHashMap<>();
    for (ParameterSpec spec : adapter.parameters()) {
      all.put(spec.name(), (spec.trains() ? trained : values).get(spec.name()));
    }
    return new Tensors(all);
  }

  /** The number of trainable elements. */
  public long count() {
    return adapter.trainable().stream().mapToLong(ParameterSpec::count).sum();
  }

  /**
   * The Deeplearning4j parameter key of a tensor. It has no underscore, because Deeplearning4j
   * splits keys at the last one.
   */
  public String key(ParameterSpec spec) {
    return (adapter.site().name() + "." + spec.name() + "." + adapterName).replace('_', '-');
  }

  /**
   * The tensor of a parameter key, as an adapter file names it.
   *
   * @param key of a tensor of one of these slots
   * @return the key itself if it is none's
   */
  public static String nameInFile(List<Slot> slots, String key) {
    for (Slot slot : slots) {
      for (ParameterSpec spec : slot.adapter().trainable()) {
        if (slot.key(spec).equals(key)) {
          return slot.adapter().key(spec);
        }
      }
    }
    return key;
  }
}
