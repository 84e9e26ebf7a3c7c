package org.peft4j.method;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * How adapters are added up. With δᵢ the change that adapter i is and wᵢ its weight, {@link
 * Type#CAT} is exactly Σ wᵢ·δᵢ, and {@link Type#SVD} the nearest to it of a rank. The others change
 * the δᵢ first, or go by their factors A and B one by one, which is cheap and rough.
 *
 * @param type what sort of sum
 * @param density the share of entries that pruning keeps: above 0, up to 1
 * @param majority how the sign of most is found
 * @param rank the rank of the result of an SVD; the largest of the adapters' if absent
 * @param clamp the quantile of the entries of both factors beyond which an SVD's are cut off; above
 *     0, up to 1
 * @param seed of what is dropped at random
 */
public record Combination(
    Type type,
    OptionalDouble density,
    Majority majority,
    OptionalInt rank,
    OptionalDouble clamp,
    long seed) {

  /** The sorts of sum, by Hugging Face PEFT's names. */
  public enum Type {
    /** {@code A = Σ ±√|wᵢ·sᵢ|·Aᵢ}, {@code B = Σ √|wᵢ·sᵢ|·Bᵢ}: has products of different i too. */
    LINEAR(Prune.NONE, false, false),
    /** The factors beside each other: exact, and of the sum of the ranks. */
    CAT(Prune.NONE, false, false),
    /** The nearest of a rank to the exact sum. */
    SVD(Prune.NONE, false, true),
    /** The largest entries, of those the ones with the sign of most, averaged; of A and B. */
    TIES(Prune.MAGNITUDE, true, false),
    /** {@link #TIES} of the changes themselves. */
    TIES_SVD(Prune.MAGNITUDE, true, true),
    /** Entries drawn at random, the others made larger for them, added; of A and B. */
    DARE_LINEAR(Prune.RANDOM, false, false),
    /** Entries drawn at random, of those the ones with the sign of most, averaged; of A and B. */
    DARE_TIES(Prune.RANDOM, true, false),
    /** {@link #DARE_LINEAR} of the changes themselves. */
    DARE_LINEAR_SVD(Prune.RANDOM, false, true),
    /** {@link #DARE_TIES} of the changes themselves. */
    DARE_TIES_SVD(Prune.RANDOM, true, true),
    /** The largest entries, added; of A and B. */
    MAGNITUDE_PRUNE(Prune.MAGNITUDE, false, false),
    /** {@link #MAGNITUDE_PRUNE} of the changes themselves. */
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

    /** Whether only entries with the sign of most count. */
    public boolean elects() {
      return elects;
    }

    /** Whether the changes themselves are added, and an SVD made of the sum. */
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
    /** Some at random, divided by their share. */
    RANDOM
  }

  /** How the sign of most is found. */
  public enum Majority {
    /** The sign of the sum. */
    TOTAL,
    /** The more frequent sign. */
    FREQUENCY
  }

  /** A sum of that sort; those that prune need a {@link #density(double)} too. */
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

  /** How the sign of most is found. */
  public Combination majority(Majority value) {
    return new Combination(type, density, value, rank, clamp, seed);
  }

  /** The rank of an SVD, at least 1. */
  public Combination rank(int value) {
    return new Combination(type, density, majority, OptionalInt.of(value), clamp, seed);
  }

  /** The quantile beyond which the entries of an SVD are cut off: above 0, up to 1. */
  public Combination clamp(double value) {
    return new Combination(type, density, majority, rank, OptionalDouble.of(value), seed);
  }

  /** The seed of what is dropped at random. */
  public Combination seed(long value) {
    return new Combination(type, density, majority, rank, clamp, value);
  }

  /**
   * Checks that all that the sort of sum needs is there.
   *
   * @throws PeftException if something is missing, or not allowed
   */
  public void requireComplete() {
    if (type.prune() != Prune.NONE && density.isEmpty()) {
      throw new PeftException(type + " needs a density, the share of entries that is kept.");
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
