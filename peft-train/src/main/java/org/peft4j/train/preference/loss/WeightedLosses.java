package org.peft4j.train.preference.loss;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.peft4j.error.PeftException;

/**
 * A weighted sum of losses, such as MPO's (Wang et al. 2024): {@code L = Σ wᵢ·Lᵢ}. The rewards of
 * the metrics are the first one's.
 *
 * @param losses all of sums of log-probabilities, or all of means
 * @param weights one for each
 */
public record WeightedLosses(List<PairLoss> losses, List<Double> weights) implements PairLoss {
  /**
   * Checks losses and weights.
   *
   * @throws PeftException if there are none, or more of one than of the other; if a weight is
   *     negative or not finite; or if some losses are of means and others of sums
   */
  public WeightedLosses {
    losses = List.copyOf(losses);
    weights = List.copyOf(weights);
    if (losses.isEmpty() || losses.size() != weights.size()) {
      throw new PeftException(
          "There are %d losses and %d weights; give one weight for each loss."
              .formatted(losses.size(), weights.size()));
    }
    weights.forEach(weight -> Curve.requireWeight("A weight of a loss", weight));
    if (losses.stream().map(PairLoss::ofMeans).distinct().count() > 1) {
      throw new PeftException(
          "Some of the losses are of the means of log-probabilities, others of their sums; they"
              + " cannot be put together.");
    }
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double loss = 0;
    double dChosen = 0;
    double dRejected = 0;
    for (int i = 0; i < losses.size(); i++) {
      Result own = losses.get(i).of(chosen, rejected);
      loss += weights.get(i) * own.loss();
      dChosen += weights.get(i) * own.chosenSlope();
      dRejected += weights.get(i) * own.rejectedSlope();
    }
    Result first = losses.get(0).of(chosen, rejected);
    return new Result(loss, dChosen, dRejected, first.chosenReward(), first.rejectedReward());
  }

  @Override
  public boolean comparesWithReference() {
    return losses.stream().anyMatch(PairLoss::comparesWithReference);
  }

  @Override
  public boolean ofMeans() {
    return losses.get(0).ofMeans();
  }

  @Override
  public Likelihood likelihood() {
    double weight = 0;
    boolean prompts = false;
    for (int i = 0; i < losses.size(); i++) {
      weight += weights.get(i) * losses.get(i).likelihood().weight();
      prompts |= losses.get(i).likelihood().ofPrompts();
    }
    return new Likelihood(weight, prompts);
  }

  /** All that the losses tell. */
  @Override
  public Map<String, Double> told(Answer chosen, Answer rejected) {
    Map<String, Double> told = new TreeMap<>();
    losses.forEach(loss -> told.putAll(loss.told(chosen, rejected)));
    return told;
  }
}
