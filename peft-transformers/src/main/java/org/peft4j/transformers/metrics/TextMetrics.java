package org.peft4j.transformers.metrics;

import java.util.List;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * Metrics of texts that a model wrote. All methods throw a {@link PeftException} if there is no
 * text or not a prediction for each.
 */
public final class TextMetrics {
  private TextMetrics() {}

  /**
   * {@code exact_match}, {@code rouge1}, {@code rouge2}, {@code rougeL} ({@link Rouge}) and {@code
   * chrf} ({@link ChrF}).
   */
  public static Scores of(List<String> predicted, List<String> actual) {
    return Scores.NONE
        .with("exact_match", exactMatch(predicted, actual))
        .with("rouge1", Rouge.ofRuns(1, predicted, actual))
        .with("rouge2", Rouge.ofRuns(2, predicted, actual))
        .with("rougeL", Rouge.ofSubsequences(predicted, actual))
        .with("chrf", ChrF.of(predicted, actual));
  }

  /** The share of texts that are equal to what is right, character by character. */
  public static double exactMatch(List<String> predicted, List<String> actual) {
    int count = Examples.count(predicted.size(), actual.size());
    long right =
        IntStream.range(0, count).filter(i -> predicted.get(i).equals(actual.get(i))).count();
    return (double) right / count;
  }
}
