package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Loops over numbers in single precision. */
final class FloatRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();

  private FloatRows() {}

  /** {@code Σ a[from + i]·x[i]} over all of x. */
  static float dot(float[] a, int from, float[] x) {
    FloatVector even = FloatVector.zero(FLOATS);
    FloatVector odd = even;
    int i = 0;
    for (; i <= x.length - 2 * LANES; i += 2 * LANES) {
      even = vector(a, from + i).fma(vector(x, i), even);
      odd = vector(a, from + i + LANES).fma(vector(x, i + LANES), odd);
    }
    float sum = i == 0 ? 0 : even.add(odd).reduceLanes(VectorOperators.ADD);
    for (; i < x.length; i++) {
      sum += a[from + i] * x[i];
    }
    return sum;
  }

  /** {@code sum += factor·x}. */
  static void add(float factor, float[] x, float[] sum) {
    FloatVector factors = FloatVector.broadcast(FLOATS, factor);
    int i = 0;
    for (; i <= x.length - LANES; i += LANES) {
      vector(x, i).fma(factors, vector(sum, i)).intoArray(sum, i);
    }
    for (; i < x.length; i++) {
      sum[i] += factor * x[i];
    }
  }

  private static FloatVector vector(float[] array, int at) {
    return FloatVector.fromArray(FLOATS, array, at);
  }
}
