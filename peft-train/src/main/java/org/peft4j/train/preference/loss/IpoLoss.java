package org.peft4j.train.preference.loss;

/**
 * Identity preference optimisation (IPO, Azar et al. 2023): a squared error, which does not push
 * the difference h of the answers' log-ratios beyond a margin:
 *
 * <pre>L = (h − 1/(2β))²</pre>
 *
 * <p>Each log-ratio is divided by the number of its answer's tokens, as in TRL.
 *
 * @param beta β, which the paper calls τ
 */
public record IpoLoss(double beta) implements PairLoss {
  /**
   * Checks the number.
   *
   * @throws org.peft4j.error.PeftException if it is not above 0
   */
  public IpoLoss {
    Curve.requireBeta(beta);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double h = Curve.difference(chosen, rejected, true);
    return Curve.square(h, beta).ofDifference(beta, chosen, rejected, true);
  }
}
