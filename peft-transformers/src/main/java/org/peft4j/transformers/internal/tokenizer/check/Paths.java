package org.peft4j.transformers.internal.tokenizer.check;

import org.peft4j.error.PeftException;

/**
 * In how many ways an expression can go through n characters from one place, at most: constant +
 * linear · n.
 */
record Paths(double constant, double linear) {
  static final Paths NONE = new Paths(0, 0);
  static final Paths ONE = new Paths(1, 0);

  /** One for each number of repetitions. */
  static final Paths EACH = new Paths(1, 1);

  private static final double MAX = 1e6;

  Paths {
    if (constant > MAX || linear > MAX) {
      throw new PeftException("has more than " + (long) MAX + " ways to match");
    }
  }

  Paths plus(Paths other) {
    return new Paths(constant + other.constant, linear + other.linear);
  }

  Paths times(Paths other) {
    if (linear > 0 && other.linear > 0) {
      throw new PeftException(
          "has two repetitions without end, one after the other, which can both give back what they"
              + " took");
    }
    return new Paths(constant * other.constant, constant * other.linear + linear * other.constant);
  }

  Paths times(int count) {
    return new Paths(constant * count, linear * count);
  }
}
