package org.peft4j.internal.quantized;

import java.util.Arrays;

/**
 * The 256 values of dynamic 8-bit quantisation (Dettmers, 2016): a sign, an exponent of base 10
 * whose length varies, and a linear fraction in the bits that the exponent leaves.
 */
public final class DynamicValues {
  private static final int EXPONENTS = 7;
  private static final float LEAST = 0.1f;

  public static final Codebook CODEBOOK = new Codebook(signed());

  /** Numbers from 0 on: no sign, and fractions of one bit more. */
  public static final Codebook UNSIGNED = new Codebook(unsigned());

  private DynamicValues() {}

  private static float[] signed() {
    float[] values = new float[256];
    int count = 0;
    for (int i = 0; i < EXPONENTS; i++) {
      for (float value : fractions(i, 1 << i)) {
        values[count++] = value;
        values[count++] = -value;
      }
    }
    values[count] = 0;
    values[count + 1] = 1;
    Arrays.sort(values);
    return values;
  }

  private static float[] unsigned() {
    float[] values = new float[256];
    int count = 0;
    for (int i = 0; i < EXPONENTS; i++) {
      for (float value : fractions(i, 2 << i)) {
        values[count++] = value;
      }
    }
    values[count] = 0;
    values[count + 1] = 1;
    Arrays.sort(values);
    return values;
  }

  /** The n fractions of the exponent number i, the smallest being number 0. */
  private static float[] fractions(int i, int n) {
    float power = (float) Math.pow(10, i - (EXPONENTS - 1.0));
    float[] values = new float[n];
    for (int j = 0; j < n; j++) {
      values[j] = power * ((boundary(j, n) + boundary(j + 1, n)) / 2f);
    }
    return values;
  }

  /**
   * Number i of n + 1 boundaries from 0.1 to 1, rounded once; the upper half counts down from 1.
   */
  private static float boundary(int i, int n) {
    float step = (1 - LEAST) / n;
    return i < (n + 1) / 2 ? Math.fma(step, i, LEAST) : Math.fma(-step, n - i, 1);
  }
}
