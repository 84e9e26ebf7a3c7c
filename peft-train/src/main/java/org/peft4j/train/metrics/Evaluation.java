package org.peft4j.train.metrics;

import org.peft4j.transformers.metrics.TokenMetrics;

/**
 * How well a model predicts.
 *
 * @param loss the mean over all predictions, in nats for cross-entropy
 * @param predictions the number of labelled tokens, or sequences of a classifier
 */
public record Evaluation(double loss, long predictions) {
  /** e to the power of the loss. */
  public double perplexity() {
    return TokenMetrics.perplexity(loss);
  }
}
