package org.peft4j.transformers.evaluation;

import java.util.OptionalDouble;
import org.peft4j.error.PeftException;

/**
 * Two texts that belong together.
 *
 * @param score how much they do; empty for two of which the first should find the second
 */
public record TextPair(String first, String second, OptionalDouble score) {
  /**
   * Checks the score.
   *
   * @throws PeftException if it is not finite
   */
  public TextPair {
    if (!Double.isFinite(score.orElse(0))) {
      throw new PeftException(
          "The score of a pair is " + score.getAsDouble() + "; allowed: finite numbers.");
    }
  }

  /** Two texts, of which the first should find the second. */
  public static TextPair of(String first, String second) {
    return new TextPair(first, second, OptionalDouble.empty());
  }

  /** Two texts, and how much they belong together; only the order of scores counts. */
  public static TextPair of(String first, String second, double score) {
    return new TextPair(first, second, OptionalDouble.of(score));
  }
}
