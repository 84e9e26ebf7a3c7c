package org.peft4j.train.preference.loss;

/**
 * The hinge loss (SLiC, Zhao et al. 2023), of the log-ratio h of the chosen answer minus that of
 * the rejected one:
 *
 * <pre>L = max(0, 1 − βh)</pre>
 *
 * @param beta β, the inverse of the margin
 */
public record HingeLoss(double beta) implements PairLoss {
  /**
   * Checks the number.
   *
   * @throws org.peft4j.error.PeftException if it is not above 0
   */
  public HingeLoss {
    Curve.requireBeta(beta);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double h = Curve.difference(chosen, rejected, false);
    return Curve.hinge(h, beta).ofDifference(beta, chosen, rejected, false);
  }
}
