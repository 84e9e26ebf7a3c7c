package org.peft4j.internal.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.graft.Slot;
import org.peft4j.internal.wrapped.WrappedModel;
import org.peft4j.plan.TrainableParameters;

/** The named adapters of a model, and which of them are active. */
public final class AdapterSet {
  private final WrappedModel<?> model;

  /** Replaced by another map at every change, so that other threads may read it. */
  private volatile Map<String, LoadedAdapter> adapters = Map.of();

  private volatile List<String> active = List.of();

  public AdapterSet(WrappedModel<?> model) {
    this.model = model;
  }

  /** Every name, in the order in which the adapters were added. */
  public List<String> names() {
    return List.copyOf(adapters.keySet());
  }

  /** Every adapter, in the order in which they were added. */
  public List<LoadedAdapter> all() {
    return List.copyOf(adapters.values());
  }

  /** The names of the active adapters. */
  public List<String> active() {
    return active;
  }

  /** The slots of the active adapters. */
  public List<Slot> activeSlots() {
    return active.stream().flatMap(name -> get(name).slots().stream()).toList();
  }

  /**
   * How much of the model trains.
   *
   * @param base the number of the base model's parameters
   */
  public TrainableParameters parameters(long base) {
    long trainable = active.stream().mapToLong(name -> get(name).count()).sum();
    long loaded = all().stream().mapToLong(a -> a.count() + a.frozenCount() - a.biasCount()).sum();
    return new TrainableParameters(trainable, base + loaded);
  }

  /**
   * The adapter of that name.
   *
   * @throws PeftException if there is none
   */
  public LoadedAdapter get(String name) {
    LoadedAdapter adapter = adapters.get(name);
    if (adapter == null) {
      throw new PeftException("No adapter \"" + name + "\". There are: " + adapters.keySet() + ".");
    }
    return adapter;
  }

  /**
   * Checks the name of an adapter to be added.
   *
   * @throws PeftException if it is taken or not allowed
   */
  public void requireFree(String name) {
    AdapterNames.require(name);
    if (adapters.containsKey(name)) {
      throw new PeftException(
          "Adapter \"" + name + "\" exists already. Delete it first, or choose another name.");
    }
  }

  private void put(LoadedAdapter adapter) {
    Map<String, LoadedAdapter> all = new LinkedHashMap<>(adapters);
    all.put(adapter.name(), adapter);
    adapters = all;
  }

  /** Adds an adapter whose name is free. It is not active. */
  public void add(LoadedAdapter adapter) {
    put(adapter);
  }

  /**
   * Makes these adapters active, and no others.
   *
   * @throws PeftException if one is unknown, two have a copy of the same parameter, adapters are
   *     merged, or each row has an adapter
   */
  public void activate(List<String> names) {
    Set<String> distinct = new LinkedHashSet<>(names);
    List<Slot> slots = new ArrayList<>();
    distinct.forEach(name -> slots.addAll(get(name).slots()));
    requireUnmerged("changing the active adapters");
    requireNoRows("changing the active adapters");
    Slots.requireNoConflict(slots);
    model.activate(slots);
    active = List.copyOf(distinct);
  }

  /**
   * Replaces the adapter of the same name by {@code made}; an active one stays active.
   *
   * @throws PeftException if an active one cannot be replaced now; nothing is changed then, and
   *     {@code made} is closed
   */
  public void replace(LoadedAdapter made) {
    LoadedAdapter old = get(made.name());
    List<String> before = active;
    boolean acts = before.contains(old.name());
    if (acts) {
      requireReplaceable(made);
    }
    if (!Slots.sameShapes(old.slots(), made.slots())) {
      if (acts) {
        activate(without(old.name()));
      }
      model.forget(old.name());
    }
    put(made);
    if (acts) {
      activate(before);
    }
    model.release(old.name());
    Slots.close(old.slots());
  }

  private void requireReplaceable(LoadedAdapter made) {
    List<Slot> slots = new ArrayList<>(made.slots());
    without(made.name()).forEach(name -> slots.addAll(get(name).slots()));
    try {
      requireNoRows("replacing an active adapter");
      Slots.requireNoConflict(slots);
    } catch (PeftException e) {
      Slots.close(made.slots());
      throw e;
    }
  }

  /**
   * Replaces an adapter's config only.
   *
   * @throws PeftException if there is no such adapter, or the config is of another method
   */
  public void amend(String name, PeftConfig config) {
    LoadedAdapter old = get(name);
    if (!config.getClass().equals(old.config().getClass())) {
      throw new PeftException(
          "Adapter \""
              + name
              + "\" is of the method "
              + old.config().peftType()
              + ", but the config is of "
              + config.peftType()
              + ". Give a config of the adapter's own method.");
    }
    put(new LoadedAdapter(name, config, old.slots(), old.warnings()));
  }

  /** Deletes an adapter; if it was active, the other active ones stay active. */
  public void delete(String name) {
    LoadedAdapter adapter = get(name);
    requireUnmerged("deleting an adapter");
    if (active.contains(name)) {
      activate(without(name));
    }
    Map<String, LoadedAdapter> rest = new LinkedHashMap<>(adapters);
    rest.remove(name);
    adapters = rest;
    model.forget(name);
    Slots.close(adapter.slots());
  }

  private List<String> without(String name) {
    return active.stream().filter(other -> !other.equals(name)).toList();
  }

  /** Refuses {@code what} while adapters are merged. */
  public void requireUnmerged(String what) {
    if (model.shared().activity().isMerged()) {
      throw new PeftException("The adapters are merged now; close that scope before " + what + ".");
    }
  }

  /** Refuses {@code what} while each row of a batch has an adapter. */
  public void requireNoRows(String what) {
    if (!model.shared().activity().rows().isEmpty()) {
      throw new PeftException("Each row has an adapter now; close that scope before " + what + ".");
    }
  }
}
