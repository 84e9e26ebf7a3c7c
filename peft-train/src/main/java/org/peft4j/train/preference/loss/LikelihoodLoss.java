package org.peft4j.train.preference.loss;

/**
 * The mean cross-entropy of the chosen answers' tokens alone, to be put beside other losses ({@code
 * sft} in TRL; RPO, Pang et al. 2024). The mean is over the tokens of a batch.
 *
 * @param beta β of the rewards in the metrics
 */
public record LikelihoodLoss(double beta) implements PairLoss {
  @Override
  public Result of(Answer chosen, Answer rejected) {
    return new Curve(0, 0).ofDifference(beta, chosen, rejected, false);
  }

  @Override
  public boolean comparesWithReference() {
    return false;
  }

  @Override
  public Likelihood likelihood() {
    return new Likelihood(1, false);
  }
}
