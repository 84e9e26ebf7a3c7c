package org.peft4j.train.metrics;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;

/**
 * What a training has done so far, before it was resumed included. Rules that end a training and
 * the choice of its best checkpoint depend on this alone, so that a resumed training decides as one
 * that was never stopped.
 *
 * @param steps made
 * @param tokens that went through the model in them, padding not counted
 * @param seconds of wall-clock time, evaluations included
 * @param evaluations in order
 */
public record RunHistory(
    long steps, long tokens, double seconds, List<StepEvaluation> evaluations) {
  public RunHistory {
    evaluations = List.copyOf(evaluations);
  }

  /** Of a training that has not begun. */
  public static RunHistory none() {
    return new RunHistory(0, 0, 0, List.of());
  }

  /** With one more step, after that time in all. */
  public RunHistory after(StepMetrics step, double secondsInAll) {
    return new RunHistory(step.step(), tokens + step.tokens(), secondsInAll, evaluations);
  }

  /** With one more evaluation, after the last step. */
  public RunHistory with(Evaluation evaluation) {
    List<StepEvaluation> all = new ArrayList<>(evaluations);
    all.add(new StepEvaluation(steps, evaluation));
    return new RunHistory(steps, tokens, seconds, all);
  }

  /** Whether there was an evaluation after the last step. */
  public boolean evaluated() {
    return !evaluations.isEmpty() && evaluations.get(evaluations.size() - 1).step() == steps;
  }
}
