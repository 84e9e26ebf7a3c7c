package org.peft4j.train.preference.loss;

/**
 * The loss of direct preference optimisation (DPO, Rafailov et al. 2023). With the log-ratio h of
 * the chosen answer minus that of the rejected one,
 *
 * <pre>L = −(1 − ε)·log σ(βh) − ε·log σ(−βh)</pre>
 *
 * <p>where ε is the probability that a pair is the wrong way round (conservative DPO, Mitchell
 * 2023), 0 in DPO itself.
 *
 * @param beta β: how far the model may go from the reference; larger values keep it nearer
 * @param labelSmoothing ε, below 0.5
 * @param normed whether each log-ratio is divided by its answer's number of tokens, so that long
 *     answers do not weigh more (LN-DPO; {@code sigmoid_norm} in TRL)
 */
public record SigmoidLoss(double beta, double labelSmoothing, boolean normed) implements PairLoss {
  /**
   * Checks the numbers.
   *
   * @throws org.peft4j.error.PeftException if one is not allowed
   */
  public SigmoidLoss {
    Curve.requireBeta(beta);
    Curve.requireSmoothing(labelSmoothing);
  }

  /** DPO. */
  public SigmoidLoss(double beta) {
    this(beta, 0, false);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double h = Curve.difference(chosen, rejected, normed);
    return Curve.logistic(h, beta, labelSmoothing).ofDifference(beta, chosen, rejected, normed);
  }
}
