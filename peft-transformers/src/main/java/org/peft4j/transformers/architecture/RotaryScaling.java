package org.peft4j.transformers.architecture;

import java.util.List;

/** Scales the frequencies of rotary positions, in single precision. */
final class RotaryScaling {
  private RotaryScaling() {}

  /**
   * @param wavelengths [size/2], {@code theta^(2i/size)}: the reciprocals of unscaled frequencies
   */
  static float[] frequencies(Rotary rotary, float[] wavelengths, int length) {
    float[] frequencies = new float[wavelengths.length];
    for (int i = 0; i < frequencies.length; i++) {
      frequencies[i] = 1 / wavelengths[i];
    }
    Rotary.Scaling scaling = rotary.scaling();
    if (scaling instanceof Rotary.Linear linear) {
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = (float) (frequencies[i] / linear.factor());
      }
    } else if (scaling instanceof Rotary.Llama3 llama3) {
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = llama3(llama3, frequencies[i]);
      }
    } else if (scaling instanceof Rotary.Yarn yarn) {
      yarn(yarn, rotary.theta(), wavelengths, frequencies);
    } else if (scaling instanceof Rotary.LongRope rope) {
      List<Double> factors =
          length > rope.originalPositions() ? rope.longFactors() : rope.shortFactors();
      for (int i = 0; i < frequencies.length; i++) {
        frequencies[i] = 1 / (factors.get(i).floatValue() * wavelengths[i]);
      }
    }
    return frequencies;
  }

  private static float llama3(Rotary.Llama3 s, float frequency) {
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

  private static void yarn(
      Rotary.Yarn yarn, double theta, float[] wavelengths, float[] frequencies) {
    int size = 2 * wavelengths.length;
    double first = index(yarn, theta, size, yarn.fast());
    double last = index(yarn, theta, size, yarn.slow());
    first = Math.max(0, yarn.truncate() ? Math.floor(first) : first);
    last = Math.min(size - 1, yarn.truncate() ? Math.ceil(last) : last);
    double width = first == last ? 0.001 : last - first;
    for (int i = 0; i < frequencies.length; i++) {
      float stretched = 1 / ((float) yarn.factor() * wavelengths[i]);
      float ramp = (i - (float) first) / (float) width;
      float kept = 1 - Math.min(1, Math.max(0, ramp));
      frequencies[i] = stretched * (1 - kept) + frequencies[i] * kept;
    }
  }

  /** The index of the pair that turns that many times in the original context. */
  private static double index(Rotary.Yarn yarn, double theta, int size, double turns) {
    return size
        * Math.log(yarn.originalPositions() / (turns * 2 * Math.PI))
        / (2 * Math.log(theta));
  }
}
