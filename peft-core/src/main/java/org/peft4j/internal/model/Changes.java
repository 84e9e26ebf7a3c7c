package org.peft4j.internal.model;

import org.peft4j.internal.wrapped.WrappedModel;

/** Changes of a model: one at a time, and each while no thread computes with the model. */
public final class Changes {
  private final WrappedModel<?> wrapped;
  private final AdapterSet adapters;

  public Changes(WrappedModel<?> wrapped, AdapterSet adapters) {
    this.wrapped = wrapped;
    this.adapters = adapters;
  }

  /** Runs a change of the adapters. */
  public void ofAdapters(String what, Runnable work) {
    synchronized (adapters) {
      wrapped.traffic().change(what, work);
    }
  }

  /** Runs a change of the base model's weights, with which other models may compute. */
  public void ofBase(String what, Runnable work) {
    synchronized (adapters) {
      wrapped.traffic().changeBase(what, work);
    }
  }

  /** A change of the adapters, which changes the base model's weights too where they are merged. */
  public void ofWhatActs(String what, Runnable work) {
    if (wrapped.shared().activity().isMerged()) {
      ofBase(what, work);
    } else {
      ofAdapters(what, work);
    }
  }

  /** Runs a change of the adapters; the returned task undoes it in such a change again. */
  public Runnable scope(String what, Runnable begin, Runnable end) {
    ofAdapters(what, begin);
    return () -> ofAdapters("ending " + what, end);
  }
}
