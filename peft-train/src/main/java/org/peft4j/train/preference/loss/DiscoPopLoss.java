package org.peft4j.train.preference.loss;

import org.peft4j.error.PeftException;

/**
 * DiscoPOP (Lu et al. 2024), a loss that a search found: with x = βh a blend of DPO's loss and an
 * exponential,
 *
 * <pre>L = (1 − m)·(−log σ(x)) + m·e⁻ˣ,   m = σ(x/τ)</pre>
 *
 * @param beta β
 * @param tau τ; 0.05 in the paper
 */
public record DiscoPopLoss(double beta, double tau) implements PairLoss {
  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is not above 0
   */
  public DiscoPopLoss {
    Curve.requireBeta(beta);
    if (!(tau > 0 && Double.isFinite(tau))) {
      throw new PeftException("tau is " + tau + "; allowed: above 0, finite.");
    }
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double x = beta * Curve.difference(chosen, rejected, false);
    double blend = Curve.sigmoid(x / tau);
    double rest = Curve.sigmoid(-x / tau);
    double logistic = Curve.softLoss(x);
    double exponential = Math.exp(-x);
    double value = rest * logistic + blend * exponential;
    double slope =
        blend * rest / tau * (exponential - logistic)
            - rest * Curve.sigmoid(-x)
            - blend * exponential;
    return new Curve(value, beta * slope).ofDifference(beta, chosen, rejected, false);
  }
}
