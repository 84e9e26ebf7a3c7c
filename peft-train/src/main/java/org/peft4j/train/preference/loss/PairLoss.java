package org.peft4j.train.preference.loss;

import java.util.Map;

/** A loss of a pair of answers to one prompt, of which one is the better. */
public interface PairLoss {
  /** The loss of a pair, with its derivatives. */
  Result of(Answer chosen, Answer rejected);

  /** Whether it compares the model with a reference. */
  default boolean comparesWithReference() {
    return true;
  }

  /** Whether it takes the mean log-probability of an answer's tokens, not their sum. */
  default boolean ofMeans() {
    return false;
  }

  /** What else is told of a pair, by name, as the mean over pairs; nothing as a rule. */
  default Map<String, Double> told(Answer chosen, Answer rejected) {
    return Map.of();
  }

  /** The cross-entropy of chosen answers that is added; none as a rule. */
  default Likelihood likelihood() {
    return Likelihood.NONE;
  }

  /**
   * A loss, and the rewards that the model gives implicitly, for the metrics.
   *
   * @param loss of the pair
   * @param chosenSlope its derivative with respect to the chosen answer's log-probability
   * @param rejectedSlope its derivative with respect to the rejected answer's
   * @param chosenReward of the chosen answer
   * @param rejectedReward of the rejected answer
   */
  record Result(
      double loss,
      double chosenSlope,
      double rejectedSlope,
      double chosenReward,
      double rejectedReward) {}

  /**
   * The mean cross-entropy of the chosen answers' tokens in a batch.
   *
   * @param weight what it is multiplied by; 0 for none
   * @param ofPrompts whether the prompts' tokens count, too
   */
  record Likelihood(double weight, boolean ofPrompts) {
    /** None. */
    public static final Likelihood NONE = new Likelihood(0, false);
  }
}
