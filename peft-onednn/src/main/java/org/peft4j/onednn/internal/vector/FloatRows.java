package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Loops over numbers in single precision. */
final class FloatRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> INTS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());

  /** Numbers in a vector. */
  static final int LANES = FLOATS.length();

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
    if (i <= x.length - LANES) {
      even = vector(a, from + i).fma(vector(x, i), even);
      i += LANES;
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

  /**
   * {@code Σ row[i]·x[i]} over each of {@link HalfRows#STREAMS} rows in memory outside of the heap.
   *
   * @param memory see {@link NativeVectors#of}
   * @param first bytes before the first row
   * @param apart bytes from one row to the next
   * @param x whole vectors
   * @param sums receives one for each row
   */
  static void dots(Object memory, long first, long apart, float[] x, float[] sums) {
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < x.length; i += LANES) {
      long at = first + (long) i * Float.BYTES;
      FloatVector y = vector(x, i);
      a = vector(memory, at).fma(y, a);
      b = vector(memory, at + apart).fma(y, b);
      c = vector(memory, at + 2 * apart).fma(y, c);
      d = vector(memory, at + 3 * apart).fma(y, d);
    }
    sums[0] = a.reduceLanes(VectorOperators.ADD);
    sums[1] = b.reduceLanes(VectorOperators.ADD);
    sums[2] = c.reduceLanes(VectorOperators.ADD);
    sums[3] = d.reduceLanes(VectorOperators.ADD);
  }

  /**
   * Adds such rows, each times a factor.
   *
   * @param x the factors: {@code x[at]}, and each {@code step} after it
   * @param sum whole vectors
   */
  static void adds(
      float[] x, int at, int step, Object memory, long first, long apart, float[] sum) {
    FloatVector a = FloatVector.broadcast(FLOATS, x[at]);
    FloatVector b = FloatVector.broadcast(FLOATS, x[at + step]);
    FloatVector c = FloatVector.broadcast(FLOATS, x[at + 2 * step]);
    FloatVector d = FloatVector.broadcast(FLOATS, x[at + 3 * step]);
    for (int i = 0; i < sum.length; i += LANES) {
      long here = first + (long) i * Float.BYTES;
      FloatVector y = vector(memory, here).fma(a, vector(sum, i));
      y = vector(memory, here + apart).fma(b, y);
      y = vector(memory, here + 2 * apart).fma(c, y);
      vector(memory, here + 3 * apart).fma(d, y).intoArray(sum, i);
    }
  }

  private static FloatVector vector(Object memory, long at) {
    return NativeVectors.ints(INTS, memory, at).reinterpretAsFloats();
  }

  private static FloatVector vector(float[] array, int at) {
    return FloatVector.fromArray(FLOATS, array, at);
  }
}
