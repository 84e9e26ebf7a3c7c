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
import org.peft4j.adapter.Tensors;
import org.peft4j.internal.graft.Slot;
import org.peft4j.memory.DetachedArrays;

/**
 * The layouts of a network for inactive sets of adapters. Bringing one back exchanges references
 * only. A slot's values are in one layout: if another needs the slot, the first is taken apart.
 *
 * @param <P> the network's parts
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

  /** Gives the network the layout of these slots if it was put aside, and says whether it was. */
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

  /** Sets a task to run once, before the network's present layout next trains. */
  void beforeTraining(Runnable task) {
    network.beforeTraining(task);
  }

  private static @Nullable INDArray zeros(DataType type, long count) {
    return count == 0 ? null : DetachedArrays.zeros(type, 1, count);
  }

  /** Takes the inactive layouts with these adapters apart: their slots get arrays of their own. */
  void release(Predicate<String> adapter) {
    for (List<Slot> slots : new HashSet<>(aside.keySet())) {
      if (slots.stream().map(Slot::adapterName).anyMatch(adapter)) {
        takeApart(slots, aside.remove(slots));
      }
    }
  }

  private void takeApart(List<Slot> slots, Layout<P> layout) {
    for (Slot slot : slots) {
      Tensors inVector = slot.values();
      slot.setValues(inVector.detachedCopy());
      inVector.close();
    }
    layout.close();
    Relayable.close(layout.parameters());
  }
}
