package org.peft4j.transformers.metrics;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * Metrics of examples that have one class each, as in scikit-learn. All methods take the predicted
 * class of each example and its class, and throw a {@link PeftException} if there is no example or
 * not a prediction for each.
 */
public final class ClassMetrics {
  private ClassMetrics() {}

  /** {@code accuracy}, {@code macro_f1} and {@code matthews_correlation}. */
  public static Scores of(int[] predicted, int[] actual) {
    return Scores.NONE
        .with("accuracy", accuracy(predicted, actual))
        .with("macro_f1", macroF1(predicted, actual))
        .with("matthews_correlation", matthewsCorrelation(predicted, actual));
  }

  /** The share of examples whose class was predicted: {@code accuracy_score}. */
  public static double accuracy(int[] predicted, int[] actual) {
    int count = Examples.count(predicted.length, actual.length);
    return (double) hits(predicted, actual) / count;
  }

  private static long hits(int[] predicted, int[] actual) {
    return IntStream.range(0, actual.length).filter(i -> predicted[i] == actual[i]).count();
  }

  /**
   * The mean over classes of {@code F1 = 2·TP/(2·TP + FP + FN)}: {@code f1_score(average="macro")}.
   * Classes that neither occur nor were predicted do not count; one that was predicted but does not
   * occur, or the other way round, has F1 0.
   */
  public static double macroF1(int[] predicted, int[] actual) {
    Examples.count(predicted.length, actual.length);
    Map<Integer, Counts> classes = new HashMap<>();
    for (int i = 0; i < actual.length; i++) {
      int hit = predicted[i] == actual[i] ? 1 : 0;
      classes.merge(predicted[i], new Counts(hit, 1, 0), Counts::plus);
      classes.merge(actual[i], new Counts(0, 0, 1), Counts::plus);
    }
    return classes.values().stream().mapToDouble(Counts::f1).average().orElseThrow();
  }

  /**
   * Matthews' correlation coefficient for any number of classes (Gorodkin, 2004): {@code
   * matthews_corrcoef}. With s examples, c of them right, and class k predicted p(k) times where it
   * occurs t(k) times,
   *
   * <pre>(c·s − Σ p(k)·t(k)) / √((s² − Σ p(k)²)·(s² − Σ t(k)²))</pre>
   *
   * <p>and 0 where a class occurs alone or was predicted alone.
   */
  public static double matthewsCorrelation(int[] predicted, int[] actual) {
    double s = Examples.count(predicted.length, actual.length);
    Map<Integer, Double> p = occurrences(predicted);
    Map<Integer, Double> t = occurrences(actual);
    double covariance = hits(predicted, actual) * s - product(p, t);
    double variances = (s * s - product(p, p)) * (s * s - product(t, t));
    return variances == 0 ? 0 : covariance / Math.sqrt(variances);
  }

  private static Map<Integer, Double> occurrences(int[] classes) {
    Map<Integer, Double> counts = new HashMap<>();
    for (int each : classes) {
      counts.merge(each, 1.0, Double::sum);
    }
    return counts;
  }

  private static double product(Map<Integer, Double> a, Map<Integer, Double> b) {
    return a.entrySet().stream()
        .mapToDouble(each -> each.getValue() * b.getOrDefault(each.getKey(), 0.0))
        .sum();
  }
}
