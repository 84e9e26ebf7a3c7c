package org.peft4j.train.preference.loss;

/**
 * Further losses of the rewards {@code c = β·log π(y₊|x)/π₀(y₊|x)} of the chosen answer and {@code
 * r} of the rejected one, by TRL's names.
 *
 * @param kind the formula
 * @param beta β
 */
public record RatioLoss(Kind kind, double beta) implements PairLoss {
  /** The formulas. */
  public enum Kind {
    /** {@code −log σ(c) − ½·log σ(−c) − ½·log σ(−r)} (NCA, Chen et al. 2024). */
    NCA_PAIR,
    /** {@code −log σ(c) − log σ(−r)} (BCO, Jung et al. 2024, without its shift). */
    BCO_PAIR,
    /** {@code ((c − ½)/β)² + ((r + ½)/β)²} (SPPO, Wu et al. 2024, with hard probabilities). */
    SPPO_HARD,
    /** {@code 1 − σ(c) + σ(r)} (APO-zero, D'Oosterlinck et al. 2024). */
    APO_ZERO,
    /** {@code σ(c) + 1 − σ(c − r)} (APO-down, of the same paper). */
    APO_DOWN
  }

  /**
   * Checks the number.
   *
   * @throws org.peft4j.error.PeftException if it is not above 0
   */
  public RatioLoss {
    Curve.requireBeta(beta);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double c = beta * chosen.logRatio();
    double r = beta * rejected.logRatio();
    return switch (kind) {
      case NCA_PAIR ->
          result(
              c,
              r,
              Curve.softLoss(c) + 0.5 * Curve.softLoss(-c) + 0.5 * Curve.softLoss(-r),
              -Curve.sigmoid(-c) + 0.5 * Curve.sigmoid(c),
              0.5 * Curve.sigmoid(r));
      case BCO_PAIR ->
          result(
              c, r, Curve.softLoss(c) + Curve.softLoss(-r), -Curve.sigmoid(-c), Curve.sigmoid(r));
      case SPPO_HARD -> {
        double scale = 1 / (beta * beta);
        yield result(
            c,
            r,
            scale * ((c - 0.5) * (c - 0.5) + (r + 0.5) * (r + 0.5)),
            2 * scale * (c - 0.5),
            2 * scale * (r + 0.5));
      }
      case APO_ZERO -> result(c, r, Curve.sigmoid(-c) + Curve.sigmoid(r), -bell(c), bell(r));
      case APO_DOWN ->
          result(c, r, Curve.sigmoid(c) + Curve.sigmoid(r - c), bell(c) - bell(c - r), bell(c - r));
    };
  }

  /** {@code σ'(x)}. */
  private static double bell(double x) {
    return Curve.sigmoid(x) * Curve.sigmoid(-x);
  }

  /** With the slopes with respect to the rewards. */
  private Result result(double c, double r, double loss, double dc, double dr) {
    return new Result(loss, beta * dc, beta * dr, c, r);
  }
}
