package org.peft4j.train.metrics;

import java.util.List;
import java.util.Optional;

/**
 * How a training ended.
 *
 * @param steps all steps of the adapter, those before it was resumed included
 * @param finalLoss the loss of the last step, NaN if none was made
 * @param evaluations all of the training, in order
 * @param interrupted whether it was stopped from outside
 * @param reason why a rule ended it early; empty if none did
 * @param best the evaluation whose adapter the model has now; empty if it has that of the last step
 */
public record FineTuningResult(
    long steps,
    double finalLoss,
    List<StepEvaluation> evaluations,
    boolean interrupted,
    Optional<String> reason,
    Optional<StepEvaluation> best) {

  public FineTuningResult {
    evaluations = List.copyOf(evaluations);
  }

  /** An evaluation, and the number of the step before it. */
  public record StepEvaluation(long step, Evaluation evaluation) {}
}
