package org.peft4j.transformers.metrics;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * Metrics of examples that have a number each, as in scikit-learn and SciPy. All methods take the
 * predicted numbers and the right ones, and throw a {@link PeftException} if there is no example or
 * not a prediction for each.
 */
public final class NumberMetrics {
  private NumberMetrics() {}

  /** {@code mse}, {@code pearson} and {@code spearman}. */
  public static Scores of(double[] predicted, double[] actual) {
    return Scores.NONE
        .with("mse", meanSquaredError(predicted, actual))
        .with("pearson", pearson(predicted, actual))
        .with("spearman", spearman(predicted, actual));
  }

  /** The mean of {@code (predicted − actual)²}: {@code mean_squared_error}. */
  public static double meanSquaredError(double[] predicted, double[] actual) {
    Examples.count(predicted.length, actual.length);
    return IntStream.range(0, actual.length)
        .mapToDouble(i -> predicted[i] - actual[i])
        .map(error -> error * error)
        .average()
        .orElseThrow();
  }

  /**
   * Pearson's correlation, {@code Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²)}: {@code
   * pearsonr}. NaN if either side is the same number everywhere, as with one example alone.
   */
  public static double pearson(double[] predicted, double[] actual) {
    Examples.count(predicted.length, actual.length);
    if (constant(predicted) || constant(actual)) {
      return Double.NaN;
    }
    double[] x = unit(predicted);
    double[] y = unit(actual);
    double correlation = IntStream.range(0, x.length).mapToDouble(i -> x[i] * y[i]).sum();
    return Math.max(-1, Math.min(1, correlation));
  }

  private static boolean constant(double[] values) {
    return Arrays.stream(values).allMatch(value -> value == values[0]);
  }

  /** Minus the mean, over the length. */
  private static double[] unit(double[] values) {
    double mean = Arrays.stream(values).average().orElseThrow();
    double[] centred = Arrays.stream(values).map(value -> value - mean).toArray();
    double length = Math.sqrt(Arrays.stream(centred).map(value -> value * value).sum());
    return Arrays.stream(centred).map(value -> value / length).toArray();
  }

  /**
   * Spearman's correlation: Pearson's, of the ranks: {@code spearmanr}. Equal numbers share the
   * mean of their ranks. NaN if either side is the same number everywhere, or has a NaN.
   */
  public static double spearman(double[] predicted, double[] actual) {
    Examples.count(predicted.length, actual.length);
    boolean undefined = Arrays.stream(predicted).anyMatch(Double::isNaN);
    return undefined || Arrays.stream(actual).anyMatch(Double::isNaN)
        ? Double.NaN
        : pearson(ranks(predicted), ranks(actual));
  }

  /** Ranks from 1 on; equal values share the mean of theirs. */
  private static double[] ranks(double[] values) {
    int[] order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i] + 0.0)) // −0 is 0.
            .mapToInt(Integer::intValue)
            .toArray();
    double[] ranks = new double[values.length];
    for (int from = 0; from < order.length; ) {
      int to = from + 1;
      while (to < order.length && values[order[to]] == values[order[from]]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order[i]] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
