package org.peft4j.method;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What a method does between the steps of a training, beside what the optimizer does. A trainer
 * makes the hooks of the active adapters when it begins, and closes them when it ends.
 */
public interface TrainingHook extends AutoCloseable {
  /**
   * When the gradients of a step are known, before the optimizer sees them: they may be changed in
   * place.
   *
   * @param step the number of the step, from 0
   */
  default void beforeUpdate(long step) {}

  /**
   * After the optimizer has changed the parameters. Their gradients are still those of the step.
   *
   * @param step the number of the step, from 0
   */
  void afterUpdate(long step);

  /** What a checkpoint must hold for a training to go on as if it had never stopped, by name. */
  default Map<String, INDArray> state() {
    return Map.of();
  }

  /** The arrays of {@link #state} and the parameters have been set to those of a checkpoint. */
  default void restored() {}

  /** Frees native memory. */
  @Override
  default void close() {}
}
