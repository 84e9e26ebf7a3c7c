package org.peft4j.internal.wrapped;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.internal.graft.Slot;
import org.peft4j.kernel.DetachedArrays;

/**
 * The layouts of a network that were made for sets of adapters and are put aside. Coming back to
 * one exchanges references only. The values of a slot are in one layout: if it is wanted in another
 * one, the layout it was in is taken apart.
 *
 * @param <P> what the network consists of
 */
final class Layouts<P> {
  private final Relayable<P> network;
  private final Map<List<Slot>, Layout<P>> aside = new HashMap<>();

  Layouts(Relayable<P> network) {
    this.network = network;
  }

  /** Puts the network's present layout aside, if that costs no memory. */
  void putAside(List<Slot> slots) {
    network.forgetPasses();
    Layout<P> layout = network.layout();
    if (layout.weighsNothing()) {
      layout.forgetGradients();
      aside.put(slots, layout);
    } else {
      takeApart(slots, layout);
    }
  }

  /** Whether the layout of these slots was put aside; the network has it then. */
  boolean bringBack(List<Slot> slots) {
    Layout<P> layout = aside.remove(slots);
    if (layout != null) {
      network.layOut(layout);
    }
    return layout != null;
  }

  /** Gives the network a new layout, whose parameters are zero. */
  void make(List<Slot> slots, DataType type) {
    Set<String> names = slots.stream().map(Slot::adapterName).collect(Collectors.toSet());
    release(names::contains);
    long count = slots.stream().mapToLong(Slot::count).sum();
    network.layOut(zeros(type, count));
  }

  /** Sets what is done once, before the network's present layout is next trained. */
  void beforeTraining(Runnable task) {
    network.beforeTraining(task);
  }

  private static @Nullable INDArray zeros(DataType type, long count) {
    return count == 0 ? null : DetachedArrays.zeros(type, 1, count);
  }

  /**
   * Takes the layouts that were put aside apart, if they have an adapter of one of these names: its
   * slots have their values in arrays of their own then.
   */
  void release(Predicate<String> adapter) {
    for (List<Slot> slots : new HashSet<>(aside.keySet())) {
      if (slots.stream().map(Slot::adapterName).anyMatch(adapter)) {
        takeApart(slots, aside.remove(slots));
      }
    }
  }

  private void takeApart(List<Slot> slots, Layout<P> layout) {
    slots.forEach(slot -> slot.setValues(slot.values().detachedCopy()));
    layout.close();
    Relayable.close(layout.parameters());
  }
}
