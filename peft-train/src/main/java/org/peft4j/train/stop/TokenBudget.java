package org.peft4j.train.stop;

import java.util.Locale;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.RunHistory;

/**
 * Ends a training after the step in which it has seen that many tokens, padding not counted.
 *
 * @param tokens 1 and above
 */
public record TokenBudget(long tokens) implements StoppingRule {
  /** Checks the number. */
  public TokenBudget {
    if (tokens < 1) {
      throw new PeftException("The tokens of a training are " + tokens + "; allowed: 1 and above.");
    }
  }

  @Override
  public Optional<String> reason(RunHistory history) {
    return history.tokens() < tokens
        ? Optional.empty()
        : Optional.of(String.format(Locale.ROOT, "it has seen %,d tokens", history.tokens()));
  }
}
