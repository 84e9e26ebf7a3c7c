package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@code exp(x) = 2ⁿ·exp(r)} with {@code n = round(x / ln 2)} and a polynomial of degree 7 for
 * {@code |r| ≤ ½·ln 2} (Cephes' {@code expf}): within two units in the last place. Below {@link
 * #LEAST} and above {@link #MOST} it is the value there.
 */
final class Exponential {
  static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;

  /** Near the logarithms of the least normal and of the largest number. */
  static final float LEAST = -87.3f;

  static final float MOST = 88;

  private static final float LOG2_E = 1.442695f;

  /** ln 2 in two parts, of which a product of the first with a small integer is exact. */
  private static final float LN2 = 0x1.63p-1f;

  private static final float LN2_REST = -2.12194440e-4f;

  /** A number added to it loses its fraction, and is an integer in its lowest bits. */
  private static final float ROUNDING = 0x1.8p23f;

  private static final int FRACTION_BITS = 23;

  private Exponential() {}

  static FloatVector of(FloatVector x) {
    FloatVector within = x.max(LEAST).min(MOST);
    FloatVector shifted = within.fma(broadcast(LOG2_E), broadcast(ROUNDING));
    FloatVector n = shifted.sub(ROUNDING);
    FloatVector r = n.fma(broadcast(-LN2), within);
    r = n.fma(broadcast(-LN2_REST), r);
    FloatVector p = r.fma(broadcast(1.9875691e-4f), broadcast(1.3981999e-3f));
    p = p.fma(r, broadcast(8.333452e-3f));
    p = p.fma(r, broadcast(4.1665796e-2f));
    p = p.fma(r, broadcast(0.16666666f));
    p = p.fma(r, broadcast(0.5f));
    p = p.fma(r.mul(r), r).add(1);
    IntVector power = shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, FRACTION_BITS);
    return p.reinterpretAsInts().add(power).reinterpretAsFloats();
  }

  /** {@code x[i] = exp(x[i] − shift)} for the first {@code count}; the array has whole vectors. */
  static void apply(float[] x, int count, float shift) {
    for (int i = 0; i < count; i += FLOATS.length()) {
      of(FloatVector.fromArray(FLOATS, x, i).sub(shift)).intoArray(x, i);
    }
  }

  /** {@code x = x·σ(a·x + b·x³)}; the array has whole vectors. */
  static void gate(float[] x, float a, float b) {
    for (int i = 0; i < x.length; i += FLOATS.length()) {
      FloatVector v = FloatVector.fromArray(FLOATS, x, i);
      FloatVector z = v.mul(v).mul(-b).sub(a).mul(v);
      v.div(of(z).add(1)).intoArray(x, i);
    }
  }

  /** The least length of an array with whole vectors for so many numbers. */
  static int room(int count) {
    return (count + FLOATS.length() - 1) / FLOATS.length() * FLOATS.length();
  }

  private static FloatVector broadcast(float value) {
    return FloatVector.broadcast(FLOATS, value);
  }
}
