package org.peft4j.bottleneck;

import java.util.List;
import org.peft4j.config.FieldType;

/**
 * Projections as sums of Kronecker products: {@code H = Σᵢ Aᵢ ⊗ Wᵢ}, i below n (Zhang et al. 2021,
 * parameterised hypercomplex multiplication; Compacter, Karimi Mahabadi et al. 2021).
 *
 * @param dim n; it must divide the width and the bottleneck
 * @param factorized whether Wᵢ is of low rank
 * @param rank the rank of Wᵢ
 * @param sharedRule whether all places of the model share one set of Aᵢ
 * @param ruleInit the first values of the Aᵢ, with 0.01 as standard deviation or bound
 * @param weightInit the first values of the Wᵢ or their factors
 * @param range the standard deviation of {@link WeightInit#NORMAL}
 */
public record Phm(
    int dim,
    boolean factorized,
    int rank,
    boolean sharedRule,
    RuleInit ruleInit,
    WeightInit weightInit,
    double range) {
  /** The {@code adapters} library's defaults: n 4, rank 1, one rule for all places. */
  public static final Phm DEFAULT =
      new Phm(4, true, 1, true, RuleInit.NORMAL, WeightInit.GLOROT_UNIFORM, 0.0001);

  static final FieldType<Integer> DIM = FieldType.integer(1, 64);
  static final FieldType<Integer> RANK = FieldType.atLeast(1);
  static final FieldType<Double> RANGE =
      FieldType.NUMBER.within("a finite number above 0", v -> v > 0 && Double.isFinite(v));

  /** First values of Aᵢ: {@code phm_c_init}. */
  public enum RuleInit {
    /** N(0, 0.01²). */
    NORMAL,
    /** Uniform on (−0.01, 0.01). */
    UNIFORM
  }

  /** First values of Wᵢ: {@code hypercomplex_nonlinearity}. */
  public enum WeightInit {
    /** N(0, 2/(rows + columns)). */
    GLOROT_NORMAL,
    /** Uniform with the variance of {@link #GLOROT_NORMAL}. */
    GLOROT_UNIFORM,
    /** Normal with {@code phm_init_range} as standard deviation. */
    NORMAL
  }

  void check(List<String> problems) {
    DIM.check("phm_dim", dim, problems);
    if (factorized) {
      RANK.check("phm_rank", rank, problems);
    }
    RANGE.check("phm_init_range", range, problems);
  }

  /** The same with another n and rank of Wᵢ. */
  public Phm with(int newDim, int newRank) {
    return new Phm(newDim, factorized, newRank, sharedRule, ruleInit, weightInit, range);
  }

  /** The same with or without one rule for all places. */
  public Phm withSharedRule(boolean shared) {
    return new Phm(dim, factorized, rank, shared, ruleInit, weightInit, range);
  }

  /** The same with Wᵢ of low rank or not. */
  public Phm withFactorized(boolean low) {
    return new Phm(dim, low, rank, sharedRule, ruleInit, weightInit, range);
  }

  /** The same with other first values. */
  Phm withInit(RuleInit rule, WeightInit weight, double deviation) {
    return new Phm(dim, factorized, rank, sharedRule, rule, weight, deviation);
  }
}
