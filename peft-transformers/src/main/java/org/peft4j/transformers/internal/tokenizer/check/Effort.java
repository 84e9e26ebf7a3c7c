package org.peft4j.transformers.internal.tokenizer.check;

import org.peft4j.error.PeftException;

/**
 * What a text costs in the steps that a file describes: how much longer they make it, and how often
 * their expressions try. From both follows the longest text that may go through them.
 */
final class Effort {
  /**
   * Characters that all steps may make of one text; the native library takes some 200 bytes each.
   */
  private static final int MAX_CHARACTERS = 8_000_000;

  /**
   * The expression engine gives up, and the process with it, after 10,000,000 failures of a match.
   */
  private static final double MAX_TRIES = 8e6;

  /** Tries of all matches together of an expression that may begin anew at every character. */
  private static final double MAX_TOTAL_TRIES = 4e9;

  /** Each character becomes that many at most: NFKC makes 18 of one. */
  private static final double MAX_FACTOR = 256;

  private double factor = 1;
  private double longest = MAX_CHARACTERS;

  /** Takes in a step that makes up to {@code times} characters of one. */
  void grow(double times, String step) {
    factor *= Math.max(1, times);
    if (factor > MAX_FACTOR) {
      throw new PeftException(
          "%s makes a text up to %,.0f times as long, together with the steps before it; allowed: %,.0f times. The file is damaged or made to do harm."
              .formatted(step, factor, MAX_FACTOR));
    }
  }

  /** Takes in a step that looks for {@code expression}. */
  void match(Expression expression) {
    Paths paths = expression.paths();
    if (paths.linear() > 0) {
      longest = Math.min(longest, (MAX_TRIES - paths.constant()) / paths.linear() / factor);
      if (!expression.isWellKnown()) {
        longest = Math.min(longest, Math.sqrt(MAX_TOTAL_TRIES / paths.linear()) / factor);
      }
    }
  }

  /** Takes in a step whose time grows with the square of the text. */
  void squareTime() {
    longest = Math.min(longest, Math.sqrt(MAX_TOTAL_TRIES) / factor);
  }

  /** The most characters of a text. */
  int longestText() {
    return (int) Math.min(longest, MAX_CHARACTERS / factor);
  }
}
