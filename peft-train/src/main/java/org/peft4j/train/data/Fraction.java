package org.peft4j.train.data;

import org.peft4j.error.PeftException;

/** Part of a whole. */
public final class Fraction {
  private Fraction() {}

  /**
   * {@code fraction} of {@code count}, rounded down.
   *
   * @throws PeftException if it is not above 0 and at most 1
   */
  public static long of(double fraction, long count) {
    if (!(fraction > 0 && fraction <= 1)) {
      throw new PeftException("fraction is " + fraction + "; allowed: above 0, at most 1.");
    }
    return (long) (fraction * count);
  }
}
