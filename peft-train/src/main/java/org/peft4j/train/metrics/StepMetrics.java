package org.peft4j.train.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The metrics of one step.
 *
 * @param step from 1
 * @param loss the mean over the step's predictions, before the update
 * @param learningRate of this update
 * @param gradNorm L2 norm of the whole gradient, before it was scaled down
 * @param stepSeconds its wall-clock time
 * @param tokensPerSecond tokens that went through the model, padding not counted
 * @param values what the objective tells besides, by name, in its order: rewards of a preference
 *     objective, nothing of cross-entropy
 */
public record StepMetrics(
    long step,
    double loss,
    double learningRate,
    double gradNorm,
    double stepSeconds,
    double tokensPerSecond,
    Map<String, Double> values) {
  public StepMetrics {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** The metrics of a step whose objective has a loss only. */
  public StepMetrics(
      long step,
      double loss,
      double learningRate,
      double gradNorm,
      double stepSeconds,
      double tokensPerSecond) {
    this(step, loss, learningRate, gradNorm, stepSeconds, tokensPerSecond, Map.of());
  }

  /** The tokens of the step. */
  public long tokens() {
    return Math.round(tokensPerSecond * stepSeconds);
  }
}
