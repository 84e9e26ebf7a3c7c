package org.peft4j.transformers.internal.predict;

import java.util.Arrays;

/** Logits as probabilities, in double precision. */
final class Probabilities {
  private Probabilities() {}

  /** {@code exp(z − max) / Σ exp(z − max)}. */
  static double[] softmax(double[] logits) {
    double highest = Arrays.stream(logits).max().orElse(0);
    double[] powers = Arrays.stream(logits).map(logit -> Math.exp(logit - highest)).toArray();
    double sum = Arrays.stream(powers).sum();
    return Arrays.stream(powers).map(power -> power / sum).toArray();
  }

  /** {@code 1 / (1 + exp(−z))} of each. */
  static double[] sigmoid(double[] logits) {
    return Arrays.stream(logits).map(logit -> 1 / (1 + Math.exp(-logit))).toArray();
  }

  /** The number of the highest, the first of equal ones. */
  static int highest(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }
}
