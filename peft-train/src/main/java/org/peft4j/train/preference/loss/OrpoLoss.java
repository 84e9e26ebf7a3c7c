package org.peft4j.train.preference.loss;

import java.util.Map;

/**
 * Odds ratio preference optimisation (ORPO, Hong et al. 2024): supervised fine-tuning on prompts
 * and chosen answers, with a penalty on the odds of the rejected ones. It needs no reference. With
 * the means c and r of the answers' token log-probabilities,
 *
 * <pre>L = cross-entropy of prompt and chosen answer − β·log σ(log odds(c) − log odds(r))
 * log odds(z) = z − log(1 − eᶻ)</pre>
 *
 * @param beta β, which the paper calls λ
 */
public record OrpoLoss(double beta) implements PairLoss {
  /**
   * Checks the number.
   *
   * @throws org.peft4j.error.PeftException if it is not above 0
   */
  public OrpoLoss {
    Curve.requireBeta(beta);
  }

  @Override
  public Result of(Answer chosen, Answer rejected) {
    double c = chosen.logProbability();
    double r = rejected.logProbability();
    double ratio = ratio(chosen, rejected);
    double slope = -beta * Curve.sigmoid(-ratio);
    return new Result(
        beta * Curve.softLoss(ratio),
        slope / -Math.expm1(c),
        -slope / -Math.expm1(r),
        beta * c,
        beta * r);
  }

  /** By TRL's names: the difference of the log odds, and the logarithm of its sigmoid. */
  @Override
  public Map<String, Double> told(Answer chosen, Answer rejected) {
    double ratio = ratio(chosen, rejected);
    return Map.of("log_odds_chosen", ratio, "log_odds_ratio", -Curve.softLoss(ratio));
  }

  private static double ratio(Answer chosen, Answer rejected) {
    return logOdds(chosen.logProbability()) - logOdds(rejected.logProbability());
  }

  private static double logOdds(double z) {
    return z - Math.log(-Math.expm1(z));
  }

  @Override
  public boolean comparesWithReference() {
    return false;
  }

  @Override
  public boolean ofMeans() {
    return true;
  }

  @Override
  public Likelihood likelihood() {
    return new Likelihood(1, true);
  }
}
