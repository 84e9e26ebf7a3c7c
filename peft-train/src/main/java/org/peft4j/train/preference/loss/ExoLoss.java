package org.peft4j.train.preference.loss;

import org.peft4j.error.PeftException;

/**
 * Efficient exact optimisation (EXO, Ji et al. 2024), for pairs: the reverse Kullback–Leibler
 * divergence of the model's choice from labels that are wrong with probability ε. With x = βh,
 *
 * <pre>L = σ(x)·(log σ(x) − log(1 − ε)) + σ(−x)·(log σ(−x) − log ε)</pre>
 *
 * @param beta β
 * @param labelSmoothing ε, above 0 and below 0.5; the paper takes 1e-3
 */
public record ExoLoss(double beta, double labelSmoothing) implements PairLoss {
  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is not allowed
   */
  public ExoLoss {
    Curve.requireBeta(beta);
    Curve.requireSmoothing(labelSmoothing);
    if (labelSmoothing == 0) {
      throw new PeftException("labelSmoothing is 0; EXO needs a value above 0, such as 1e-3.");
    }
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double x = beta * Curve.difference(chosen, rejected, false);
    double right = Curve.sigmoid(x);
    double wrong = Curve.sigmoid(-x);
    double ofRight = -Curve.softLoss(x) - Math.log1p(-labelSmoothing);
    double ofWrong = -Curve.softLoss(-x) - Math.log(labelSmoothing);
    double value = right * ofRight + wrong * ofWrong;
    // d log σ(x) = σ(−x), so that the derivatives of both logarithms cancel.
    double slope = beta * right * wrong * (ofRight - ofWrong);
    return new Curve(value, slope).ofDifference(beta, chosen, rejected, false);
  }
}
