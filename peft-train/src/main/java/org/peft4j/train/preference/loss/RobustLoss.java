package org.peft4j.train.preference.loss;

/**
 * Robust DPO (Chowdhury et al. 2024): in expectation the loss of DPO on clean pairs, where a share
 * ε of the pairs is the wrong way round. With the difference h of the answers' log-ratios,
 *
 * <pre>L = (−(1 − ε)·log σ(βh) + ε·log σ(−βh)) / (1 − 2ε)</pre>
 *
 * @param beta β of DPO
 * @param labelSmoothing ε, below 0.5
 */
public record RobustLoss(double beta, double labelSmoothing) implements PairLoss {
  /**
   * Checks the numbers.
   *
   * @throws org.peft4j.error.PeftException if one is not allowed
   */
  public RobustLoss {
    Curve.requireBeta(beta);
    Curve.requireSmoothing(labelSmoothing);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double x = beta * Curve.difference(chosen, rejected, false);
    double clean = 1 - labelSmoothing;
    double whole = 1 - 2 * labelSmoothing;
    double value = (clean * Curve.softLoss(x) - labelSmoothing * Curve.softLoss(-x)) / whole;
    double slope = -beta * (clean * Curve.sigmoid(-x) + labelSmoothing * Curve.sigmoid(x)) / whole;
    return new Curve(value, slope).ofDifference(beta, chosen, rejected, false);
  }
}
