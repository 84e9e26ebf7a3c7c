package org.peft4j.train.metrics;

import java.util.List;

/**
 * The end of a fine-tuning.
 *
 * @param steps the steps that the adapter has had, those before a resumption included
 * @param finalLoss the loss of the last step, NaN if none was made
 * @param evaluations in their order
 * @param interrupted whether it was stopped before its end
 */
public record FineTuningResult(
    long steps, double finalLoss, List<StepEvaluation> evaluations, boolean interrupted) {

  public FineTuningResult {
    evaluations = List.copyOf(evaluations);
  }

  /** An evaluation and the number of the step that it followed. */
  public record StepEvaluation(long step, Evaluation evaluation) {}
}
