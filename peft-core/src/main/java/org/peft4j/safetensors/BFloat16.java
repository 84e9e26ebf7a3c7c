package org.peft4j.safetensors;

/** bfloat16: the upper half of a 32-bit float; 1 sign, 8 exponent and 7 fraction bits. */
public final class BFloat16 {
  private static final int FLOAT_INFINITY = 0x7f800000;
  private static final int QUIET_NAN_BIT = 0x40;

  private BFloat16() {}

  /** Returns the value of a bfloat16; exact. NaN keeps its sign and payload. */
  public static float toFloat(short value) {
    return Float.intBitsToFloat(value << 16);
  }

  /** Returns the nearest bfloat16, ties to even; NaN stays NaN. */
  public static short fromFloat(float value) {
    int bits = Float.floatToRawIntBits(value);
    if ((bits & 0x7fffffff) > FLOAT_INFINITY) {
      return (short) (bits >>> 16 | QUIET_NAN_BIT);
    }
    return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
  }
}
