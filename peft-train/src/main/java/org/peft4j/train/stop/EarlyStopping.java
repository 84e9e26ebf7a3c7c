package org.peft4j.train.stop;

import java.util.Locale;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.RunHistory;
import org.peft4j.train.metrics.WatchedMetric;

/**
 * Ends a training when evaluations no longer become better: after {@code patience} of them in a row
 * of which none was better than the best before by more than {@code minChange}. Small changes do
 * not move the best, so that many of them count once they add up (as in PyTorch Lightning's
 * EarlyStopping).
 *
 * @param metric what is watched
 * @param patience evaluations, 1 and above
 * @param minChange 0 and above
 */
public record EarlyStopping(WatchedMetric metric, int patience, double minChange)
    implements StoppingRule {
  /** Checks the numbers. */
  public EarlyStopping {
    if (patience < 1) {
      throw new PeftException("The patience is " + patience + "; allowed: 1 and above.");
    }
    if (!(minChange >= 0 && Double.isFinite(minChange))) {
      throw new PeftException(
          "The least change is " + minChange + "; allowed: 0 and above, finite.");
    }
  }

  @Override
  public Optional<String> reason(RunHistory history) {
    double best = Double.NaN;
    long bestStep = 0;
    int worse = 0;
    for (StepEvaluation each : history.evaluations()) {
      double value = metric.of(each.evaluation());
      if (metric.better(value, best, minChange)) {
        best = value;
        bestStep = each.step();
        worse = 0;
      } else {
        worse++;
      }
    }
    return worse < patience
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s has not become better in %d evaluations; its best is %.6g, after step %d",
                metric.name(),
                worse,
                best,
                bestStep));
  }
}
