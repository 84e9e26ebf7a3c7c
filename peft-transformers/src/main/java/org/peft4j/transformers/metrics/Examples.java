package org.peft4j.transformers.metrics;

import org.peft4j.error.PeftException;

/** Checks that predictions belong to examples. */
final class Examples {
  private Examples() {}

  /**
   * The number of examples.
   *
   * @throws PeftException if there is none, or not a prediction for each
   */
  static int count(int predicted, int actual) {
    if (predicted != actual) {
      throw new PeftException(
          predicted + " predictions for " + actual + " examples; there must be one for each.");
    }
    if (actual == 0) {
      throw new PeftException("There are no examples, so there is nothing to measure.");
    }
    return actual;
  }
}
