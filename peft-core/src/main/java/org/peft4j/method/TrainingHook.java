package org.peft4j.method;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A method's own work between the steps of a training. The trainer creates the hooks of the active
 * adapters when it starts, and closes them when it ends.
 */
public interface TrainingHook extends AutoCloseable {
  /**
   * Called with the gradients of a step computed, before the optimizer uses them. May change them
   * in place.
   *
   * @param step the number of the step, from 0
   */
  default void beforeUpdate(long step) {}

  /**
   * Called after the optimizer has changed the parameters. The gradients are still those of the
   * step.
   *
   * @param step the number of the step, from 0
   */
  void afterUpdate(long step);

  /** The arrays, by name, that a checkpoint needs to resume the training exactly. */
  default Map<String, INDArray> state() {
    return Map.of();
  }

  /** Called after {@link #state} and the parameters have been restored from a checkpoint. */
  default void restored() {}

  /** Frees native memory. */
  @Override
  default void close() {}
}
