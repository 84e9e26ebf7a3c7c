package org.peft4j.method;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * How to add adapters. Let δᵢ be the weight change of adapter i and wᵢ its weight. {@link Type#CAT}
 * is exactly Σ wᵢ·δᵢ, and {@link Type#SVD} its best approximation of a given rank. The other types
 * prune the δᵢ first, or add the factors A and B separately, which is cheap and rough.
 *
 * @param type the type of sum
 * @param density the share of entries that pruning keeps: above 0, up to 1
 * @param majority how to find the sign of the majority
 * @param rank the rank of the result of an SVD; the largest of the adapters' if absent
 * @param clamp the quantile at which the entries of an SVD's factors are cut off; above 0, up to 1
 * @param seed the seed of random pruning
 */
public record Combination(
    Type type,
    OptionalDouble density,
    Majority majority,
    OptionalInt rank,
    OptionalDouble clamp,
    long seed) {

  /** The types of sum, with Hugging Face PEFT's names. */
  public enum Type {
    /**
     * {@code A = Σ ±√|wᵢ·sᵢ|·Aᵢ}, {@code B = Σ √|wᵢ·sᵢ|·Bᵢ}; B·A contains cross terms of different
     * adapters.
     */
    LINEAR(Prune.NONE, false, false),
    /** The factors concatenated: exact, with the sum of the ranks. */
    CAT(Prune.NONE, false, false),
    /** The best approximation of the exact sum of a given rank. */
    SVD(Prune.NONE, false, true),
    /** Of the largest entries of A and B, averages those with the sign of the majority. */
    TIES(Prune.MAGNITUDE, true, false),
    /** {@link #TIES} of the weight changes. */
    TIES_SVD(Prune.MAGNITUDE, true, true),
    /** Adds randomly kept entries of A and B, scaled up for the dropped ones. */
    DARE_LINEAR(Prune.RANDOM, false, false),
    /** Of randomly kept entries of A and B, averages those with the sign of the majority. */
    DARE_TIES(Prune.RANDOM, true, false),
    /** {@link #DARE_LINEAR} of the weight changes. */
    DARE_LINEAR_SVD(Prune.RANDOM, false, true),
    /** {@link #DARE_TIES} of the weight changes. */
    DARE_TIES_SVD(Prune.RANDOM, true, true),
    /** Adds the largest entries of A and B. */
    MAGNITUDE_PRUNE(Prune.MAGNITUDE, false, false),
    /** {@link #MAGNITUDE_PRUNE} of the weight changes. */
    MAGNITUDE_PRUNE_SVD(Prune.MAGNITUDE, false, true);

    private final Prune prune;
    private final boolean elects;
    private final boolean svd;

    Type(Prune prune, boolean elects, boolean svd) {
      this.prune = prune;
      this.elects = elects;
      this.svd = svd;
    }

    /** Which entries are kept. */
    public Prune prune() {
      return prune;
    }

    /** Whether only entries with the sign of the majority count. */
    public boolean elects() {
      return elects;
    }

    /** Whether the sum is of the weight changes, factored by an SVD. */
    public boolean svd() {
      return svd;
    }
  }

  /** Which entries are kept. */
  public enum Prune {
    /** All. */
    NONE,
    /** The largest. */
    MAGNITUDE,
    /** Random ones, divided by their share. */
    RANDOM
  }

  /** How to find the sign of the majority. */
  public enum Majority {
    /** The sign of the sum. */
    TOTAL,
    /** The more frequent sign. */
    FREQUENCY
  }

  /** A sum of this type. A pruning type also needs a {@link #density(double)}. */
  public static Combination of(Type type) {
    return new Combination(
        type,
        OptionalDouble.empty(),
        Majority.TOTAL,
        OptionalInt.empty(),
        OptionalDouble.empty(),
        0);
  }

  /** The share of entries that pruning keeps: above 0, up to 1. */
  public Combination density(double value) {
    return new Combination(type, OptionalDouble.of(value), majority, rank, clamp, seed);
  }

  /** How to find the sign of the majority. */
  public Combination majority(Majority value) {
    return new Combination(type, density, value, rank, clamp, seed);
  }

  /** The rank of an SVD, at least 1. */
  public Combination rank(int value) {
    return new Combination(type, density, majority, OptionalInt.of(value), clamp, seed);
  }

  /** The quantile at which the entries of an SVD's factors are cut off: above 0, up to 1. */
  public Combination clamp(double value) {
    return new Combination(type, density, majority, rank, OptionalDouble.of(value), seed);
  }

  /** The seed of random pruning. */
  public Combination seed(long value) {
    return new Combination(type, density, majority, rank, clamp, value);
  }

  /**
   * Checks that everything the type needs is set and allowed.
   *
   * @throws PeftException if something is missing, or not allowed
   */
  public void requireComplete() {
    if (type.prune() != Prune.NONE && density.isEmpty()) {
      throw new PeftException(
          type + " needs a density: the share of entries to keep, above 0, up to 1.");
    }
    if (density.isPresent() && !(density.getAsDouble() > 0 && density.getAsDouble() <= 1)) {
      throw new PeftException(
          "density is " + density.getAsDouble() + "; allowed: above 0, up to 1.");
    }
    if (rank.isPresent() && rank.getAsInt() < 1) {
      throw new PeftException("The rank of an SVD is " + rank.getAsInt() + "; allowed: 1 and up.");
    }
    if (clamp.isPresent() && !(clamp.getAsDouble() > 0 && clamp.getAsDouble() <= 1)) {
      throw new PeftException("clamp is " + clamp.getAsDouble() + "; allowed: above 0, up to 1.");
    }
  }
}
