package org.peft4j.train.preference.loss;

import org.peft4j.error.PeftException;

/**
 * A function at a point.
 *
 * @param value of the function
 * @param slope its derivative there
 */
record Curve(double value, double slope) {
  /** {@code σ(x) = 1 / (1 + e⁻ˣ)}. */
  static double sigmoid(double x) {
    return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
  }

  /** {@code −log σ(x)}. */
  static double softLoss(double x) {
    return Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** {@code −(1 − ε)·log σ(βh) − ε·log σ(−βh)}, as a function of h. */
  static Curve logistic(double h, double beta, double smoothing) {
    double x = beta * h;
    return new Curve(
        (1 - smoothing) * softLoss(x) + smoothing * softLoss(-x), beta * (smoothing - sigmoid(-x)));
  }

  /** {@code max(0, 1 − βh)}. */
  static Curve hinge(double h, double beta) {
    double rest = 1 - beta * h;
    return rest > 0 ? new Curve(rest, -beta) : new Curve(0, 0);
  }

  /** {@code (h − 1/(2β))²}. */
  static Curve square(double h, double beta) {
    double rest = h - 1 / (2 * beta);
    return new Curve(rest * rest, 2 * rest);
  }

  /** A loss of the difference h of two log-ratios, each divided by {@code tokens} or by 1. */
  PairLoss.Result ofDifference(double beta, Answer chosen, Answer rejected, boolean normed) {
    return new PairLoss.Result(
        value,
        slope / (normed ? chosen.tokens() : 1),
        -slope / (normed ? rejected.tokens() : 1),
        beta * chosen.logRatio(),
        beta * rejected.logRatio());
  }

  /** The difference of two log-ratios. */
  static double difference(Answer chosen, Answer rejected, boolean normed) {
    return chosen.logRatio() / (normed ? chosen.tokens() : 1)
        - rejected.logRatio() / (normed ? rejected.tokens() : 1);
  }

  static void requireBeta(double beta) {
    if (!(beta > 0 && Double.isFinite(beta))) {
      throw new PeftException("beta is " + beta + "; allowed: above 0, finite.");
    }
  }

  static void requireSmoothing(double smoothing) {
    if (!(smoothing >= 0 && smoothing < 0.5)) {
      throw new PeftException(
          "labelSmoothing is " + smoothing + "; allowed: 0 or more, below 0.5.");
    }
  }

  static void requireWeight(String name, double weight) {
    if (!(weight >= 0 && Double.isFinite(weight))) {
      throw new PeftException(name + " is " + weight + "; allowed: 0 and above, finite.");
    }
  }
}
