package org.peft4j.onednn.internal.vector;

/** Rounds numbers to BFLOAT16. */
public final class Rounding {
  private Rounding() {}

  /**
   * Rounds the first {@code count} numbers to the nearest, halfway to the even one.
   *
   * @param numbers infinite ones, and NaN as arithmetic makes it, stay such
   */
  public static void round(float[] numbers, short[] rounded, int count) {
    int whole = VectorUnit.PRESENT ? HalfRounding.round(numbers, rounded, count) : 0;
    for (int i = whole; i < count; i++) {
      int bits = Float.floatToRawIntBits(numbers[i]);
      rounded[i] = (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
  }
}
