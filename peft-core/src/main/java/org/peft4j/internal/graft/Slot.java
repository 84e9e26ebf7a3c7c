package org.peft4j.internal.graft;

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

  public long count() {
    return adapter.parameters().stream().mapToLong(ParameterSpec::count).sum();
  }

  /**
   * The Deeplearning4j parameter key of a tensor. It has no underscore, because Deeplearning4j
   * splits keys at the last one.
   */
  public String key(ParameterSpec spec) {
    return (adapter.site().name() + "." + spec.name() + "." + adapterName).replace('_', '-');
  }
}
