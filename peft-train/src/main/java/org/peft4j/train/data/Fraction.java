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

  /**
   * How many of some examples a fraction of them is: rounded down, but at least one.
   *
   * @throws PeftException if it is not above 0 and at most 1
   */
  public static int cut(double fraction, int count) {
    return Math.max(1, (int) of(fraction, count));
  }

  /**
   * The same, where some must be left.
   *
   * @param what the examples are, for the message
   * @throws PeftException if none is
   */
  public static int cutBefore(double fraction, int count, String what) {
    int from = cut(fraction, count);
    if (from == count) {
      throw new PeftException(
          "Nothing is left of "
              + count
              + " "
              + what
              + " after the first "
              + fraction
              + " of them.");
    }
    return from;
  }
}
