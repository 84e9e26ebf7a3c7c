package org.peft4j.internal.quantized;

import java.util.Arrays;

/**
 * The 256 values of dynamic 8-bit quantisation (Dettmers, 2016): a sign, an exponent of base 10
 * whose length varies, and a linear fraction in the bits that the exponent leaves.
 */
public final class DynamicValues {
  private static final int EXPONENTS = 7;
  private static final float LEAST = 0.1f;

  public static final Codebook CODEBOOK = new Codebook(values());

  private DynamicValues() {}

  private static float[] values() {
    float[] values = new float[256];
    int count = 0;
    for (int i = 0; i < EXPONENTS; i++) {
      float power = (float) Math.pow(10, i - (EXPONENTS - 1.0));
      int fractions = 1 << i;
      for (int j = 0; j < fractions; j++) {
        float mean = (boundary(j, fractions) + boundary(j + 1, fractions)) / 2f;
        values[count++] = power * mean;
        values[count++] = -power * mean;
      }
    }
    values[count++] = 0;
    values[count++] = 1;
    Arrays.sort(values);
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
