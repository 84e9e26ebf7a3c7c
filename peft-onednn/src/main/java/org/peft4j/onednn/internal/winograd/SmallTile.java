package org.peft4j.onednn.internal.winograd;

import static org.peft4j.onednn.internal.winograd.Vectors.FLOATS;
import static org.peft4j.onednn.internal.winograd.Vectors.LANES;

import jdk.incubator.vector.FloatVector;

/** F(2, 3): the points 0, 1, −1 and infinity. It rounds less than a sum of nine products. */
final class SmallTile implements Tile {
  @Override
  public int results() {
    return 2;
  }

  @Override
  public void pixels(float[] d, int at, int step, float[] v, int to, int apart, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector d0 = FloatVector.fromArray(FLOATS, d, at + i);
      FloatVector d1 = FloatVector.fromArray(FLOATS, d, at + step + i);
      FloatVector d2 = FloatVector.fromArray(FLOATS, d, at + 2 * step + i);
      FloatVector d3 = FloatVector.fromArray(FLOATS, d, at + 3 * step + i);
      d0.sub(d2).intoArray(v, to + i);
      d1.add(d2).intoArray(v, to + apart + i);
      d2.sub(d1).intoArray(v, to + 2 * apart + i);
      d3.sub(d1).intoArray(v, to + 3 * apart + i);
    }
  }

  @Override
  public void taps(float[] g, int at, int step, float[] u, int to, int apart, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector g0 = FloatVector.fromArray(FLOATS, g, at + i);
      FloatVector g1 = FloatVector.fromArray(FLOATS, g, at + step + i);
      FloatVector g2 = FloatVector.fromArray(FLOATS, g, at + 2 * step + i);
      FloatVector even = g0.add(g2).mul(0.5f);
      FloatVector odd = g1.mul(0.5f);
      g0.intoArray(u, to + i);
      even.add(odd).intoArray(u, to + apart + i);
      even.sub(odd).intoArray(u, to + 2 * apart + i);
      g2.intoArray(u, to + 3 * apart + i);
    }
  }

  @Override
  public void results(float[] p, int at, int step, float[] y, int to, int apart, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector p1 = FloatVector.fromArray(FLOATS, p, at + step + i);
      FloatVector p2 = FloatVector.fromArray(FLOATS, p, at + 2 * step + i);
      FloatVector.fromArray(FLOATS, p, at + i).add(p1.add(p2)).intoArray(y, to + i);
      FloatVector.fromArray(FLOATS, p, at + 3 * step + i)
          .add(p1.sub(p2))
          .intoArray(y, to + apart + i);
    }
  }
}
