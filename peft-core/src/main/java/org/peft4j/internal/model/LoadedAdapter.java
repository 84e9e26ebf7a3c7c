package org.peft4j.internal.model;

import java.util.List;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.PeftConfig;
import org.peft4j.internal.graft.Slot;

/**
 * A named adapter of a model.
 *
 * @param name its name
 * @param config its config
 * @param slots its adapters at their sites
 * @param warnings what its config asks for in vain
 */
public record LoadedAdapter(
    String name, PeftConfig config, List<Slot> slots, List<String> warnings) {
  public LoadedAdapter {
    warnings = List.copyOf(warnings);
  }

  /** Its parts at the single sites. */
  public List<Adapter> parts() {
    return slots.stream().map(Slot::adapter).toList();
  }

  /** The number of trainable elements. */
  public long count() {
    return slots.stream().mapToLong(Slot::count).sum();
  }

  /** The number of elements that do not train. */
  public long frozenCount() {
    return slots.stream().mapToLong(slot -> slot.adapter().frozenCount()).sum();
  }

  /** The number of trainable elements that are copies of the base model's biases. */
  public long biasCount() {
    return slots.stream()
        .filter(slot -> slot.adapter() instanceof TrainableCopy copy && copy.biasesOnly())
        .mapToLong(Slot::count)
        .sum();
  }
}
