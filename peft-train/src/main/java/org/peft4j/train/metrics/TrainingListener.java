package org.peft4j.train.metrics;

/** Is told what a fine-tuning does, on its thread. An exception from here ends it. */
public interface TrainingListener {
  /**
   * Before the first step.
   *
   * @param done steps that were made before, above 0 where training is resumed
   * @param total steps that the whole training has
   */
  default void onStart(long done, long total) {}

  /** After each step. */
  default void onStep(StepMetrics metrics) {}

  /** After each evaluation, which follows the step with that number. */
  default void onEvaluation(long step, Evaluation evaluation) {}

  /** After the step in which an epoch ended; epochs count from 1. */
  default void onEpoch(long epoch) {}

  /** When the training has come to its end or was stopped; not after an exception. */
  default void onEnd(FineTuningResult result) {}
}
