package org.peft4j.host;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.api.Updater;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.DetachedArrays;
import org.peft4j.adapter.Tensors;
import org.peft4j.module.Graft;
import org.peft4j.module.GraftSwitch;

/**
 * A base model and the network of host layers that is wrapped around it. It knows of slots and
 * arrays; names, configs and files are {@link org.peft4j.PeftModel}'s.
 *
 * @param <M> the class of the base model and of the wrapped network
 */
public abstract class HostedModel<M extends Model> {
  private final M base;
  private final HostContext context;
  private final Map<List<String>, INDArray> updaterStates = new HashMap<>();

  HostedModel(M base, HostContext context) {
    this.base = base;
    this.context = context;
  }

  /** The base model, untouched. */
  public final M base() {
    return base;
  }

  /** The wrapped network, in which only adapters are parameters. */
  public abstract M network();

  /** The wrapped network's first output for these inputs, in memory of its own. */
  public abstract INDArray output(INDArray... inputs);

  /** A copy of the base model in memory of its own. */
  public abstract M copyOfBase();

  /** The hosting of every layer of {@code model}, a base model or a copy of one, by vertex name. */
  public abstract Map<String, LayerHosting> hostings(M model);

  /** The data type of the network's parameters. */
  public abstract DataType dataType();

  abstract Relayable relayable();

  abstract Grafted grafted(String vertex);

  abstract @Nullable Updater updater(boolean create);

  /** The hosting of every layer of the base model, by vertex name. */
  public final Map<String, LayerHosting> hostings() {
    return context.layers();
  }

  /** What all replicas share at run time. */
  public final GraftSwitch graftSwitch() {
    return context.graftSwitch();
  }

  /**
   * Makes {@code slots} the network's parameters, instead of those that are. Their values are kept,
   * and the updater's state for a set of adapters comes back when the same set does.
   */
  public final void activate(List<Slot> slots) {
    List<Slot> previous = context.active();
    stashUpdaterState(names(previous));
    for (Slot slot : previous) {
      slot.setValues(slot.values().detachedCopy());
    }
    INDArray oldVector = network().params();
    context.setActive(slots);
    long count = slots.stream().mapToLong(Slot::count).sum();
    relayable().layOut(count == 0 ? null : DetachedArrays.zeros(dataType(), 1, count));
    bindValues();
    Relayable.close(oldVector);
    restoreUpdaterState(names(slots));
  }

  private void bindValues() {
    for (String vertex : context.layers().keySet()) {
      List<Slot> slots = context.slots(vertex);
      if (slots.isEmpty()) {
        continue;
      }
      List<Graft> grafts = grafted(vertex).grafts().all();
      for (int i = 0; i < slots.size(); i++) {
        Tensors old = slots.get(i).values();
        grafts.get(i).parameters().assign(old);
        slots.get(i).setValues(grafts.get(i).parameters());
        old.close();
      }
    }
  }

  /** The gradient arrays of an active slot, as the last backward pass left them. */
  public final Tensors gradients(Slot slot) {
    for (String vertex : context.layers().keySet()) {
      int index = context.slots(vertex).indexOf(slot);
      if (index >= 0) {
        return grafted(vertex).grafts().all().get(index).gradients();
      }
    }
    throw new IllegalArgumentException(
        "The slot of "
            + slot.adapterName()
            + " at "
            + slot.adapter().site().name()
            + " is not active.");
  }

  private void stashUpdaterState(List<String> names) {
    Updater updater = names.isEmpty() ? null : updater(false);
    INDArray state = updater == null ? null : updater.getStateViewArray();
    if (state != null) {
      INDArray old = updaterStates.put(names, DetachedArrays.copy(state));
      Relayable.close(old);
      Relayable.close(state);
    }
  }

  private void restoreUpdaterState(List<String> names) {
    INDArray state = updaterStates.remove(names);
    if (state != null) {
      Updater updater = updater(true);
      if (updater != null) {
        updater.getStateViewArray().assign(state);
      }
      Relayable.close(state);
    }
  }

  /** Forgets the updater's state of every set of adapters that has {@code name} in it. */
  public final void forget(String name) {
    updaterStates
        .entrySet()
        .removeIf(
            entry -> {
              boolean matches = entry.getKey().contains(name);
              if (matches) {
                Relayable.close(entry.getValue());
              }
              return matches;
            });
  }

  private static List<String> names(List<Slot> slots) {
    return new ArrayList<>(
        slots.stream()
            .collect(
                LinkedHashMap<String, Boolean>::new,
                (map, slot) -> map.put(slot.adapterName(), true),
                Map::putAll)
            .keySet());
  }
}
