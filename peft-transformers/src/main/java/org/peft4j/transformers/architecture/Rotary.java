package org.peft4j.transformers.architecture;

import java.util.List;

/**
 * Rotary positions: position p turns the i-th pair of a head by the angle {@code p·f(i)}, and
 * {@link #attentionFactor} multiplies cosines and sines. Frequencies and angles have single
 * precision, as in the reference implementation: at long distances their rounding is part of the
 * model.
 *
 * <p>In the formulas, d is the number of rotated features.
 *
 * @param theta the base: unscaled, {@code f(i) = theta^(−2i/d)}
 */
public record Rotary(double theta, Scaling scaling) {

  /** How frequencies change for contexts longer than those of the model's training. */
  public sealed interface Scaling permits None, Linear, Dynamic, Llama3, Yarn, LongRope {}

  /** Unchanged frequencies. */
  public record None() implements Scaling {}

  /** {@code f/factor}. */
  public record Linear(double factor) implements Scaling {}

  /**
   * "NTK-aware" by the length n of the current sequence: above {@code maxPositions}, theta becomes
   * {@code theta·(factor·n/maxPositions − (factor − 1))^(d/(d−2))}.
   */
  public record Dynamic(double factor, int maxPositions) implements Scaling {}

  /**
   * Llama 3.1: stretches long waves by {@code factor}, keeps short ones and interpolates those
   * between.
   */
  public record Llama3(double factor, double lowFactor, double highFactor, int originalPositions)
      implements Scaling {}

  /**
   * YaRN (Peng et al., 2023): pairs that turn more than {@code fast} times in the original context
   * keep their frequency, those that turn less than {@code slow} times are stretched by {@code
   * factor}, those between are interpolated by their index.
   *
   * @param truncate whether the interpolation begins and ends at whole indices
   */
  public record Yarn(
      double factor,
      double attentionFactor,
      double fast,
      double slow,
      int originalPositions,
      boolean truncate)
      implements Scaling {
    /** The paper's attention factor, {@code 0.1·ln(factor) + 1}. */
    public static double attentionFactor(double factor) {
      return attentionFactor(factor, 1);
    }

    /**
     * The attention factor of a model with two scales (DeepSeek-V2, 2024): {@code
     * (0.1·scale·ln(factor) + 1) / (0.1·allScale·ln(factor) + 1)}.
     */
    public static double attentionFactor(double factor, double scale, double allScale) {
      return attentionFactor(factor, scale) / attentionFactor(factor, allScale);
    }

    private static double attentionFactor(double factor, double scale) {
      return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }
  }

  /**
   * LongRoPE (Ding et al., 2024): divides each frequency by its own factor, one of {@code
   * longFactors} in sequences of more than {@code originalPositions}, otherwise of {@code
   * shortFactors}.
   */
  public record LongRope(
      List<Double> shortFactors,
      List<Double> longFactors,
      double attentionFactor,
      int originalPositions)
      implements Scaling {
    public LongRope {
      shortFactors = List.copyOf(shortFactors);
      longFactors = List.copyOf(longFactors);
    }

    /**
     * The paper's attention factor, {@code √(1 + ln(factor)/ln(originalPositions))}.
     *
     * @param factor the model's context ÷ the original one
     */
    public static double attentionFactor(double factor, int originalPositions) {
      return factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(originalPositions));
    }
  }

  /** The number of a sequence's set of frequencies: equal numbers mean equal frequencies. */
  public int variant(int length) {
    if (scaling instanceof Dynamic dynamic) {
      return length > dynamic.maxPositions() ? length : 0;
    }
    return scaling instanceof LongRope rope && length > rope.originalPositions() ? 1 : 0;
  }

  /**
   * The longest sequence of a model made for {@code maxPositions}, which files with YaRN may leave
   * at the original length.
   */
  public int reach(int maxPositions) {
    double stretched = maxPositions;
    if (scaling instanceof Dynamic dynamic) {
      stretched = maxPositions * dynamic.factor();
    } else if (scaling instanceof Yarn yarn) {
      stretched = Math.max(maxPositions, yarn.originalPositions() * yarn.factor());
    }
    return (int) Math.min(Integer.MAX_VALUE, stretched);
  }

  /** The factor of cosines and sines. */
  public double attentionFactor() {
    if (scaling instanceof Yarn yarn) {
      return yarn.attentionFactor();
    }
    return scaling instanceof LongRope rope ? rope.attentionFactor() : 1;
  }

  /**
   * The frequencies [size/2] for sequences of {@code length} positions.
   *
   * @param size d
   */
  public float[] frequencies(int size, int length) {
    double base = theta;
    if (scaling instanceof Dynamic dynamic && length > dynamic.maxPositions()) {
      double stretch = dynamic.factor() * length / dynamic.maxPositions() - (dynamic.factor() - 1);
      base *= Math.pow(stretch, size / (size - 2.0));
    }
    float[] wavelengths = new float[size / 2];
    for (int i = 0; i < wavelengths.length; i++) {
      wavelengths[i] = (float) Math.pow(base, (float) (2 * i) / size);
    }
    return RotaryScaling.frequencies(this, wavelengths, length);
  }
}
