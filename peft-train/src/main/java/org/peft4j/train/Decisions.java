package org.peft4j.train;

import java.util.List;
import java.util.Optional;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.RunHistory;
import org.peft4j.train.metrics.WatchedMetric;
import org.peft4j.train.stop.StoppingRule;

/**
 * What is decided between the steps of a run, from its history.
 *
 * @param rules that end it early
 * @param best by which its best checkpoint is kept; empty to keep none
 */
record Decisions(List<StoppingRule> rules, Optional<WatchedMetric> best) {
  Decisions {
    rules = List.copyOf(rules);
  }

  /** The reason of the first rule that ends the training now. */
  Optional<String> reason(RunHistory history) {
    return rules.stream().flatMap(rule -> rule.reason(history).stream()).findFirst();
  }

  /** The best evaluation so far, if the best checkpoint is kept. */
  Optional<StepEvaluation> best(RunHistory history) {
    return best.flatMap(metric -> metric.best(history));
  }

  /**
   * Makes sure that evaluations have what is watched.
   *
   * @param evaluation of any adapter
   * @throws org.peft4j.error.PeftException if they do not
   */
  void check(Evaluation evaluation) {
    RunHistory one = RunHistory.none().with(evaluation);
    rules.forEach(rule -> rule.reason(one));
    best.ifPresent(metric -> metric.of(evaluation));
  }

  /** Whether something depends on evaluations, so that their names should be known. */
  boolean watch() {
    return best.isPresent() || !rules.isEmpty();
  }
}
