package org.peft4j;

import java.util.List;
import org.peft4j.adapter.Slot;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.PeftConfig;

/**
 * A named adapter of a model.
 *
 * @param name its name
 * @param config what it was made from
 * @param slots its adapters at their sites
 */
record LoadedAdapter(String name, PeftConfig config, List<Slot> slots) {
  /** The number of trainable elements. */
  long count() {
    return slots.stream().mapToLong(Slot::count).sum();
  }

  /** The number of trainable elements that are copies of the base model's biases. */
  long biasCount() {
    return slots.stream()
        .filter(slot -> slot.adapter() instanceof TrainableCopy copy && copy.biasesOnly())
        .mapToLong(Slot::count)
        .sum();
  }
}
