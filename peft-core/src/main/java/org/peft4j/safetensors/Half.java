package org.peft4j.safetensors;

/**
 * IEEE 754 binary16: 1 sign, 5 exponent and 10 fraction bits; largest value 65504, smallest 2⁻²⁴.
 * (The JDK has these conversions from version 20 on.)
 */
public final class Half {
  private static final int INFINITY = 0x7c00;
  private static final int SMALLEST_NORMAL = 0x0400;
  private static final float SMALLEST_SUBNORMAL = 0x1p-24f;

  /** The exponent biases differ by 127 - 15 = 112. */
  private static final int BIAS_DIFFERENCE = 112 << 23;

  private static final int FLOAT_INFINITY = 0x7f800000;

  /** 65520, half-way between the largest half and the next power: from here on, infinity. */
  private static final int FLOAT_OVERFLOW = 0x477ff000;

  private static final int FLOAT_SMALLEST_NORMAL = 0x38800000;

  private Half() {}

  /** Returns the value of a half; exact. NaN keeps its sign and payload. */
  public static float toFloat(short half) {
    int sign = (half & 0x8000) << 16;
    int magnitude = half & 0x7fff;
    if (magnitude >= INFINITY) {
      return Float.intBitsToFloat(sign | FLOAT_INFINITY | (magnitude & 0x3ff) << 13);
    }
    if (magnitude >= SMALLEST_NORMAL) {
      return Float.intBitsToFloat(sign | ((magnitude << 13) + BIAS_DIFFERENCE));
    }
    return Float.intBitsToFloat(sign | Float.floatToRawIntBits(magnitude * SMALLEST_SUBNORMAL));
  }

  /**
   * Returns the nearest half, ties to even. Magnitudes from 65520 on become infinite, those up to
   * 2⁻²⁵ zero; NaN stays NaN.
   */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    int sign = bits >>> 16 & 0x8000;
    int magnitude = bits & 0x7fffffff;
    if (magnitude > FLOAT_INFINITY) {
      return (short) (sign | 0x7e00 | (magnitude >>> 13 & 0x3ff));
    }
    if (magnitude >= FLOAT_OVERFLOW) {
      return (short) (sign | INFINITY);
    }
    if (magnitude >= FLOAT_SMALLEST_NORMAL) {
      int roundedUp = magnitude + 0xfff + (magnitude >>> 13 & 1);
      return (short) (sign | (roundedUp - BIAS_DIFFERENCE) >>> 13);
    }
    // The last bit of 0.5f is worth 2⁻²⁴, so this addition rounds to a multiple of it.
    float rounded = Float.intBitsToFloat(magnitude) + 0.5f;
    return (short) (sign | (Float.floatToRawIntBits(rounded) - Float.floatToRawIntBits(0.5f)));
  }
}
