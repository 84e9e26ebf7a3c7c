package org.peft4j.train.stop;

import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.RunHistory;

/**
 * Ends a training after the step in which it has taken that long, evaluations and the time before
 * it was resumed included.
 *
 * @param time above 0
 */
public record TimeBudget(Duration time) implements StoppingRule {
  /** Checks the time. */
  public TimeBudget {
    if (time.isNegative() || time.isZero()) {
      throw new PeftException("The time of a training is " + time + "; allowed: above 0.");
    }
  }

  @Override
  public Optional<String> reason(RunHistory history) {
    return history.seconds() < time.toNanos() * 1e-9
        ? Optional.empty()
        : Optional.of(
            "its time, " + time.toString().substring(2).toLowerCase(Locale.ROOT) + ", is over");
  }
}
