package org.peft4j.train.preference.loss;

/**
 * Losses of single answers that are good or bad. With the reward {@code h = β·log π(y|x)/π₀(y|x)}
 * of an answer,
 *
 * <pre>
 * kto                good: w₊·(1 − σ(h − β·k))   bad: w₋·(1 − σ(β·k − h))
 * apo_zero_unpaired  good: w₊·(1 − σ(h))         bad: w₋·σ(h)
 * </pre>
 *
 * <p>where k ≥ 0 is an estimate of the Kullback–Leibler divergence of the model from the reference:
 * the mean log-ratio of the batch's answers, each to another one's prompt (Kahneman–Tversky
 * optimisation, Ethayarajh et al. 2024; APO, D'Oosterlinck et al. 2024).
 *
 * @param kind the formula
 * @param beta β
 * @param desirableWeight w₊, of good answers
 * @param undesirableWeight w₋, of bad answers; choose both so that w₊·good ones is 1 to 4/3 times
 *     w₋·bad ones
 */
public record KtoLoss(Kind kind, double beta, double desirableWeight, double undesirableWeight) {
  /** The formulas. */
  public enum Kind {
    KTO,
    APO_ZERO_UNPAIRED
  }

  /**
   * Checks the numbers.
   *
   * @throws org.peft4j.error.PeftException if one is not allowed
   */
  public KtoLoss {
    Curve.requireBeta(beta);
    Curve.requireWeight("desirableWeight", desirableWeight);
    Curve.requireWeight("undesirableWeight", undesirableWeight);
  }

  /** KTO with weights of 1. */
  public KtoLoss(double beta) {
    this(Kind.KTO, beta, 1, 1);
  }

  /** Whether the loss depends on the divergence. */
  public boolean ofDivergence() {
    return kind == Kind.KTO;
  }

  /**
   * The loss of an answer.
   *
   * @param divergence k; does not matter for a loss that does not depend on it
   */
  public Result of(Answer answer, boolean desirable, double divergence) {
    double h = beta * answer.logRatio();
    double x = ofDivergence() ? h - beta * divergence : h;
    double bell = beta * Curve.sigmoid(x) * Curve.sigmoid(-x);
    return desirable
        ? new Result(desirableWeight * Curve.sigmoid(-x), -desirableWeight * bell, h)
        : new Result(undesirableWeight * Curve.sigmoid(x), undesirableWeight * bell, h);
  }

  /**
   * A loss.
   *
   * @param loss of the answer
   * @param slope its derivative with respect to the answer's log-probability
   * @param reward h
   */
  public record Result(double loss, double slope, double reward) {}
}
