package org.peft4j.train.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.peft4j.transformers.metrics.TokenMetrics;

/**
 * How well a model predicts.
 *
 * @param loss the mean over all predictions, in nats for cross-entropy
 * @param predictions the number of labelled tokens, or sequences of a classifier
 * @param values what the objective tells besides, by name, in its order
 */
public record Evaluation(double loss, long predictions, Map<String, Double> values) {
  public Evaluation {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** An evaluation by a loss only. */
  public Evaluation(double loss, long predictions) {
    this(loss, predictions, Map.of());
  }

  /** e to the power of the loss. */
  public double perplexity() {
    return TokenMetrics.perplexity(loss);
  }
}
