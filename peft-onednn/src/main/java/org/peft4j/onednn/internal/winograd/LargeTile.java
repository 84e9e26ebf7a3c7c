package org.peft4j.onednn.internal.winograd;

import static org.peft4j.onednn.internal.winograd.Vectors.FLOATS;
import static org.peft4j.onednn.internal.winograd.Vectors.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * F(4, 3): the points 0, ±{@value #A}, ±{@value #B} and infinity. With them it rounds half as much
 * as with the usual ±1 and ±2 (on such choices: Barabasz et al., 2020), twice as much as a sum of
 * nine products.
 */
final class LargeTile implements Tile {
  private static final float A = 0.625f;
  private static final float B = 1.5f;
  private static final float A2 = A * A;
  private static final float B2 = B * B;

  /** The factors of {@code x⁵ + SUM·x³ + PRODUCT·x}, which is 0 at all finite points. */
  private static final float SUM = -(A2 + B2);

  private static final float PRODUCT = A2 * B2;

  /** What divides the taps of each point. */
  private static final float AT_ZERO = (float) (1.0 / PRODUCT);

  private static final float AT_A = (float) (0.5 / (A2 * (A2 - B2)));
  private static final float AT_B = (float) (0.5 / (B2 * (B2 - A2)));

  @Override
  public int results() {
    return 4;
  }

  @Override
  public void pixels(float[] d, int at, int step, float[] v, int to, int apart, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector d1 = FloatVector.fromArray(FLOATS, d, at + step + i);
      FloatVector d2 = FloatVector.fromArray(FLOATS, d, at + 2 * step + i);
      FloatVector d3 = FloatVector.fromArray(FLOATS, d, at + 3 * step + i);
      FloatVector d4 = FloatVector.fromArray(FLOATS, d, at + 4 * step + i);
      FloatVector evenA = d2.mul(-B2).add(d4);
      FloatVector oddA = d1.mul(-B2).add(d3).mul(A);
      FloatVector evenB = d2.mul(-A2).add(d4);
      FloatVector oddB = d1.mul(-A2).add(d3).mul(B);
      evenA.add(oddA).intoArray(v, to + apart + i);
      evenA.sub(oddA).intoArray(v, to + 2 * apart + i);
      evenB.add(oddB).intoArray(v, to + 3 * apart + i);
      evenB.sub(oddB).intoArray(v, to + 4 * apart + i);
      FloatVector.fromArray(FLOATS, d, at + i)
          .mul(PRODUCT)
          .add(d2.mul(SUM).add(d4))
          .intoArray(v, to + i);
      d1.mul(PRODUCT)
          .add(d3.mul(SUM).add(FloatVector.fromArray(FLOATS, d, at + 5 * step + i)))
          .intoArray(v, to + 5 * apart + i);
    }
  }

  @Override
  public void taps(float[] g, int at, int step, float[] u, int to, int apart, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector g0 = FloatVector.fromArray(FLOATS, g, at + i);
      FloatVector g1 = FloatVector.fromArray(FLOATS, g, at + step + i);
      FloatVector g2 = FloatVector.fromArray(FLOATS, g, at + 2 * step + i);
      FloatVector evenA = g2.mul(A2).add(g0).mul(AT_A);
      FloatVector oddA = g1.mul(A * AT_A);
      FloatVector evenB = g2.mul(B2).add(g0).mul(AT_B);
      FloatVector oddB = g1.mul(B * AT_B);
      g0.mul(AT_ZERO).intoArray(u, to + i);
      evenA.add(oddA).intoArray(u, to + apart + i);
      evenA.sub(oddA).intoArray(u, to + 2 * apart + i);
      evenB.add(oddB).intoArray(u, to + 3 * apart + i);
      evenB.sub(oddB).intoArray(u, to + 4 * apart + i);
      g2.intoArray(u, to + 5 * apart + i);
    }
  }

  @Override
  public void results(float[] p, int at, int step, float[] y, int to, int apart, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector p1 = FloatVector.fromArray(FLOATS, p, at + step + i);
      FloatVector p2 = FloatVector.fromArray(FLOATS, p, at + 2 * step + i);
      FloatVector p3 = FloatVector.fromArray(FLOATS, p, at + 3 * step + i);
      FloatVector p4 = FloatVector.fromArray(FLOATS, p, at + 4 * step + i);
      FloatVector evenA = p1.add(p2);
      FloatVector oddA = p1.sub(p2).mul(A);
      FloatVector evenB = p3.add(p4);
      FloatVector oddB = p3.sub(p4).mul(B);
      FloatVector.fromArray(FLOATS, p, at + i).add(evenA.add(evenB)).intoArray(y, to + i);
      oddA.add(oddB).intoArray(y, to + apart + i);
      evenA.mul(A2).add(evenB.mul(B2)).intoArray(y, to + 2 * apart + i);
      FloatVector.fromArray(FLOATS, p, at + 5 * step + i)
          .add(oddA.mul(A2).add(oddB.mul(B2)))
          .intoArray(y, to + 3 * apart + i);
    }
  }
}
