package org.peft4j.transformers.metrics;

import java.util.Arrays;
import org.peft4j.error.PeftException;

/**
 * Metrics of examples that have any number of labels, as in scikit-learn. All methods take {@code
 * [example][label]}, whether an example was given a label and whether it has it, and throw a {@link
 * PeftException} if there is no example, not a prediction for each, or other numbers of labels.
 */
public final class LabelMetrics {
  private LabelMetrics() {}

  /** {@code subset_accuracy}, {@code micro_f1} and {@code macro_f1}. */
  public static Scores of(boolean[][] predicted, boolean[][] actual) {
    return Scores.NONE
        .with("subset_accuracy", subsetAccuracy(predicted, actual))
        .with("micro_f1", microF1(predicted, actual))
        .with("macro_f1", macroF1(predicted, actual));
  }

  /** The share of examples all of whose labels are right: {@code accuracy_score}. */
  public static double subsetAccuracy(boolean[][] predicted, boolean[][] actual) {
    int right = 0;
    int labels = labels(predicted, actual);
    for (int i = 0; i < actual.length; i++) {
      right += Arrays.equals(predicted[i], 0, labels, actual[i], 0, labels) ? 1 : 0;
    }
    return (double) right / actual.length;
  }

  /**
   * {@code 2·TP/(2·TP + FP + FN)} over the decisions on all labels together: {@code
   * f1_score(average="micro")}. 0 if no label occurs and none was predicted.
   */
  public static double microF1(boolean[][] predicted, boolean[][] actual) {
    return Arrays.stream(counts(predicted, actual)).reduce(new Counts(0, 0, 0), Counts::plus).f1();
  }

  /**
   * The mean of every label's own F1: {@code f1_score(average="macro")}. A label that neither
   * occurs nor was predicted has 0, and counts.
   */
  public static double macroF1(boolean[][] predicted, boolean[][] actual) {
    return Arrays.stream(counts(predicted, actual)).mapToDouble(Counts::f1).average().orElseThrow();
  }

  private static Counts[] counts(boolean[][] predicted, boolean[][] actual) {
    Counts[] counts = new Counts[labels(predicted, actual)];
    Arrays.fill(counts, new Counts(0, 0, 0));
    for (int i = 0; i < actual.length; i++) {
      for (int label = 0; label < counts.length; label++) {
        boolean given = predicted[i][label];
        boolean right = actual[i][label];
        Counts own = new Counts(given && right ? 1 : 0, given ? 1 : 0, right ? 1 : 0);
        counts[label] = counts[label].plus(own);
      }
    }
    return counts;
  }

  private static int labels(boolean[][] predicted, boolean[][] actual) {
    Examples.count(predicted.length, actual.length);
    int labels = actual[0].length;
    for (int i = 0; i < actual.length; i++) {
      if (predicted[i].length != labels || actual[i].length != labels || labels == 0) {
        throw new PeftException(
            "Example %d has %d labels and %d predictions of labels; all examples must have as many as the first, %d, and at least 1."
                .formatted(i, actual[i].length, predicted[i].length, labels));
      }
    }
    return labels;
  }
}
