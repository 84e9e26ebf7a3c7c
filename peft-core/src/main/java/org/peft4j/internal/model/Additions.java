package org.peft4j.internal.model;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.method.Combination;
import org.peft4j.method.PeftMethod;

/** Adds adapters to a model, which disturbs no pass, and swaps them, which is a change. */
public final class Additions {
  private final WrappedModel<?> wrapped;
  private final AdapterMaker maker;
  private final AdapterSet adapters;
  private final Changes changes;

  public Additions(
      WrappedModel<?> wrapped, AdapterMaker maker, AdapterSet adapters, Changes changes) {
    this.wrapped = wrapped;
    this.maker = maker;
    this.adapters = adapters;
    this.changes = changes;
  }

  /** Adds one with first values, which may depend on the base model's weights. */
  public void fresh(String name, PeftConfig config) {
    add(
        name,
        () -> {
          adapters.requireUnmerged("adding an adapter");
          return wrapped.traffic().pass(() -> maker.fresh(name, config));
        });
  }

  /** Adds one with copies of values. */
  public void valued(String name, PeftConfig config, Map<String, INDArray> values) {
    add(name, () -> maker.valued(name, config, values));
  }

  /** Adds a saved one. */
  public void saved(String name, Path folder) {
    add(name, () -> maker.saved(name, folder));
  }

  /** Adds a weighted sum of others. */
  public void sum(List<String> names, List<Double> weights, String combined, Combination how) {
    requireFree(combined);
    how.requireComplete();
    PeftMethod.Saved<? extends PeftConfig> sum =
        WeightedSums.of(adapters::get, names, weights, how);
    valued(combined, sum.config(), sum.tensors());
  }

  private void add(String name, Supplier<LoadedAdapter> make) {
    synchronized (adapters) {
      requireFree(name);
      adapters.add(make.get());
    }
  }

  private void requireFree(String name) {
    wrapped.traffic().requireOpen();
    adapters.requireFree(name);
  }

  /** Replaces one by a saved one; the network keeps its layout if the configs are equal. */
  public void swap(String name, Path folder) {
    adapters.get(name);
    adapters.requireUnmerged("swapping one");
    LoadedAdapter made = maker.saved(name, folder);
    changes.ofAdapters("swapping an adapter", () -> swap(adapters.get(name), made));
  }

  private void swap(LoadedAdapter old, LoadedAdapter made) {
    if (made.config().equals(old.config()) && Slots.sameShapes(old.slots(), made.slots())) {
      Slots.move(made.slots(), old.slots());
    } else {
      adapters.replace(made);
    }
  }
}
