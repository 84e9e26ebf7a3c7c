package org.peft4j.train.metrics;

/** Follows a training, on its thread. An exception from here ends it. */
public interface TrainingListener {
  /**
   * Before the first step.
   *
   * @param done steps made before, above 0 if the training is resumed
   * @param total steps of the whole training
   */
  default void onStart(long done, long total) {}

  /** After each step. */
  default void onStep(StepMetrics metrics) {}

  /** After each evaluation; {@code step} is the number of the step before it. */
  default void onEvaluation(long step, Evaluation evaluation) {}

  /** After the step in which an epoch ended. Epochs count from 1. */
  default void onEpoch(long epoch) {}

  /** When the training has ended or was stopped; not after an exception. */
  default void onEnd(FineTuningResult result) {}
}
