package org.peft4j.train;

/**
 * How well a model predicts.
 *
 * @param loss mean nats over the labelled tokens
 * @param tokens the number of labelled tokens
 */
public record Evaluation(double loss, long tokens) {
  /** e to the power of the loss. */
  public double perplexity() {
    return Math.exp(loss);
  }
}
