package org.peft4j.train.preference.loss;

import org.peft4j.error.PeftException;

/**
 * Contrastive preference optimisation (CPO, Xu et al. 2024) and SimPO (Meng et al. 2024): losses of
 * DPO's form that need no reference, with the cross-entropy of the chosen answers beside them. With
 * the difference h of the answers' log-probabilities,
 *
 * <pre>
 * sigmoid  −(1 − ε)·log σ(βh) − ε·log σ(−βh)
 * hinge    max(0, 1 − βh)
 * ipo      (h − 1/(2β))²,                                   of means over the tokens
 * simpo    −(1 − ε)·log σ(βh − γ) − ε·log σ(γ − βh),        of means over the tokens
 * </pre>
 *
 * <p>With α ≠ 0 the log-probability z of an answer is replaced by {@code (1 − e^(−αz))/α} (AlphaPO,
 * Gupta et al. 2025).
 *
 * @param kind the formula
 * @param beta β
 * @param labelSmoothing ε, below 0.5; 0 for hinge and ipo, which have none
 * @param likelihoodWeight of the cross-entropy of the chosen answers; 1 in CPO, 0 in SimPO
 * @param gamma γ, the margin of SimPO; 0 for the others, which have none
 * @param alpha α of AlphaPO; 0 for none
 */
public record CpoLoss(
    Kind kind,
    double beta,
    double labelSmoothing,
    double likelihoodWeight,
    double gamma,
    double alpha)
    implements PairLoss {
  /** The formulas. */
  public enum Kind {
    SIGMOID,
    HINGE,
    IPO,
    SIMPO
  }

  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is not allowed, or is of another kind
   */
  public CpoLoss {
    Curve.requireBeta(beta);
    Curve.requireSmoothing(labelSmoothing);
    Curve.requireWeight("likelihoodWeight", likelihoodWeight);
    Curve.requireWeight("gamma", gamma);
    if (!Double.isFinite(alpha)) {
      throw new PeftException("alpha is " + alpha + "; allowed: finite numbers.");
    }
    if (labelSmoothing > 0 && (kind == Kind.HINGE || kind == Kind.IPO)) {
      throw new PeftException(
          "labelSmoothing is %s, and the loss %s has none; set it to 0."
              .formatted(labelSmoothing, kind));
    }
    if (gamma > 0 && kind != Kind.SIMPO) {
      throw new PeftException(
          "gamma is %s, and the loss %s has no margin; only SIMPO has.".formatted(gamma, kind));
    }
  }

  /** CPO. */
  public static CpoLoss cpo(double beta) {
    return new CpoLoss(Kind.SIGMOID, beta, 0, 1, 0, 0);
  }

  /** SimPO. */
  public static CpoLoss simPo(double beta, double gamma) {
    return new CpoLoss(Kind.SIMPO, beta, 0, 0, gamma, 0);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    Curve c = reward(chosen.logProbability());
    Curve r = reward(rejected.logProbability());
    Curve loss = loss(c.value() - r.value());
    return new Result(
        loss.value(),
        loss.slope() * c.slope(),
        -loss.slope() * r.slope(),
        beta * c.value(),
        beta * r.value());
  }

  private Curve reward(double z) {
    return alpha == 0
        ? new Curve(z, 1)
        : new Curve(-Math.expm1(-alpha * z) / alpha, Math.exp(-alpha * z));
  }

  private Curve loss(double h) {
    return switch (kind) {
      case SIGMOID -> Curve.logistic(h, beta, labelSmoothing);
      case SIMPO -> Curve.logistic(h - gamma / beta, beta, labelSmoothing);
      case HINGE -> Curve.hinge(h, beta);
      case IPO -> Curve.square(h, beta);
    };
  }

  @Override
  public boolean comparesWithReference() {
    return false;
  }

  @Override
  public boolean ofMeans() {
    return kind == Kind.IPO || kind == Kind.SIMPO;
  }

  @Override
  public Likelihood likelihood() {
    return new Likelihood(likelihoodWeight, false);
  }
}
