package org.peft4j.transformers.architecture;

/**
 * Rotary positions: position p turns the i-th pair of a head by the angle {@code p·f(i)}.
 * Frequencies and angles are computed in single precision, as the reference implementation does,
 * because at long distances their rounding is a part of the model.
 *
 * @param theta the base: unscaled, {@code f(i) = theta^(−2i/headSize)}
 */
public record Rotary(double theta, Scaling scaling) {

  /** How frequencies are changed for contexts longer than the model was trained on. */
  public sealed interface Scaling permits None, Linear, Dynamic, Llama3 {}

  /** Frequencies as they are. */
  public record None() implements Scaling {}

  /** {@code f/factor}. */
  public record Linear(double factor) implements Scaling {}

  /**
   * "NTK-aware" by the length n of the sequence at hand: above {@code maxPositions}, theta becomes
   * {@code theta·(factor·n/maxPositions − (factor − 1))^(d/(d−2))}.
   */
  public record Dynamic(double factor, int maxPositions) implements Scaling {}

  /**
   * Llama 3.1: long waves are stretched by {@code factor}, short ones kept, those between
   * interpolated.
   */
  public record Llama3(double factor, double lowFactor, double highFactor, int originalPositions)
      implements Scaling {}

  /** The longest sequence of a model that was made for {@code maxPositions}. */
  public int reach(int maxPositions) {
    return scaling instanceof Dynamic dynamic
        ? (int) Math.min(Integer.MAX_VALUE, maxPositions * dynamic.factor())
        : maxPositions;
  }

  /** Whether the frequencies depend on the length of the sequence. */
  public boolean dependsOnLength() {
    return scaling instanceof Dynamic;
  }

  /** The frequencies [headSize/2] for sequences of {@code length} positions. */
  public float[] frequencies(int headSize, int length) {
    double base = theta;
    if (scaling instanceof Dynamic dynamic && length > dynamic.maxPositions()) {
      double stretch = dynamic.factor() * length / dynamic.maxPositions() - (dynamic.factor() - 1);
      base *= Math.pow(stretch, headSize / (headSize - 2.0));
    }
    float[] frequencies = new float[headSize / 2];
    for (int i = 0; i < frequencies.length; i++) {
      float frequency = 1 / (float) Math.pow(base, (float) (2 * i) / headSize);
      frequencies[i] = scaled(frequency);
    }
    return frequencies;
  }

  private float scaled(float frequency) {
    if (scaling instanceof Linear linear) {
      return (float) (frequency / linear.factor());
    }
    if (scaling instanceof Llama3 llama3) {
      return scaled(llama3, frequency);
    }
    return frequency;
  }

  private static float scaled(Llama3 s, float frequency) {
    double wave = 2 * Math.PI / frequency;
    if (wave < s.originalPositions() / s.highFactor()) {
      return frequency;
    }
    if (wave > s.originalPositions() / s.lowFactor()) {
      return (float) (frequency / s.factor());
    }
    double smooth =
        (s.originalPositions() / wave - s.lowFactor()) / (s.highFactor() - s.lowFactor());
    return (float) ((1 - smooth) * frequency / s.factor() + smooth * frequency);
  }
}
