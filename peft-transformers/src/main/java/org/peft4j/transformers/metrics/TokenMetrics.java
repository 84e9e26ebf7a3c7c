package org.peft4j.transformers.metrics;

import org.peft4j.error.PeftException;

/** Metrics of the tokens that a language model predicts one after the other. */
public final class TokenMetrics {
  /** The label of a position that does not count. */
  private static final int IGNORED = -100;

  private TokenMetrics() {}

  /**
   * The share of labelled positions whose most probable token is the label.
   *
   * @param predicted the most probable token of each position
   * @param labels the token that should follow there; −100 for none
   * @throws PeftException if no position has a label, or there is not a prediction for each
   */
  public static double accuracy(int[] predicted, int[] labels) {
    Examples.count(predicted.length, labels.length);
    int right = 0;
    int count = 0;
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] != IGNORED) {
        count++;
        right += predicted[i] == labels[i] ? 1 : 0;
      }
    }
    return (double) right / Examples.count(count, count);
  }

  /**
   * {@code exp(loss)}: among how many equally probable tokens the model would choose.
   *
   * @param loss the mean cross-entropy of a token, in nats
   */
  public static double perplexity(double loss) {
    return Math.exp(loss);
  }
}
