package org.peft4j.onednn.internal;

/** Sums over a row, in several lanes: a single one would wait for each addition. */
public final class Sums {
  private Sums() {}

  public static double of(float[] x) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < x.length; i += 4) {
      a += x[i];
      b += x[i + 1];
      c += x[i + 2];
      d += x[i + 3];
    }
    for (; i < x.length; i++) {
      a += x[i];
    }
    return a + b + (c + d);
  }

  /** {@code Σ (x − shift)²}. */
  public static double ofSquares(float[] x, float shift) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = 0;
    for (; i + 3 < x.length; i += 4) {
      float p = x[i] - shift;
      float q = x[i + 1] - shift;
      float r = x[i + 2] - shift;
      float s = x[i + 3] - shift;
      a += p * p;
      b += q * q;
      c += r * r;
      d += s * s;
    }
    for (; i < x.length; i++) {
      float p = x[i] - shift;
      a += p * p;
    }
    return a + b + (c + d);
  }

  public static double ofProducts(float[] x, float[] y) {
    return ofProducts(x, y, 0, x.length);
  }

  /** Of the elements {@code from} to {@code end}, exclusive. */
  public static double ofProducts(float[] x, float[] y, int from, int end) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    int i = from;
    for (; i + 3 < end; i += 4) {
      a += x[i] * y[i];
      b += x[i + 1] * y[i + 1];
      c += x[i + 2] * y[i + 2];
      d += x[i + 3] * y[i + 3];
    }
    for (; i < end; i++) {
      a += x[i] * y[i];
    }
    return a + b + (c + d);
  }
}
