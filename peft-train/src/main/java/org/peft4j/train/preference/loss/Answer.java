package org.peft4j.train.preference.loss;

/**
 * What a loss knows of an answer y to a prompt x.
 *
 * @param logProbability log π(y|x) of the model that trains: the sum over the answer's tokens, or
 *     their mean for a loss of means
 * @param reference log π₀(y|x) of the reference, the sum; 0 without one
 * @param tokens the number of the answer's tokens that are predicted
 */
public record Answer(double logProbability, double reference, int tokens) {
  /** {@code log π(y|x) − log π₀(y|x)}. */
  public double logRatio() {
    return logProbability - reference;
  }
}
