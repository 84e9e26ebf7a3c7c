package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over numbers in BFLOAT16, of which one integer holds two: the first in its lower half. A
 * shift, or a mask, makes single precision of them. Arrays that they meet are <em>split</em>: the
 * first numbers of all pairs are in their first half, and the second ones after them.
 */
final class HalfRows {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final VectorSpecies<Integer> PAIRS =
      VectorSpecies.of(int.class, FLOATS.vectorShape());

  /** Numbers in a vector. */
  static final int LANES = FLOATS.length();

  /** Rows that {@link #dots} reads at once. */
  static final int STREAMS = 4;

  private static final int SECOND = 0xffff0000;

  private HalfRows() {}

  /**
   * {@code Σ first(pairs[i])·x[at + i] + second(pairs[i])·x[half + at + i]} over {@code count}
   * pairs.
   *
   * @param x split
   */
  static float dot(int[] pairs, int count, float[] x, int at) {
    int odd = at + x.length / 2;
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int i = 0;
    for (int end = count - 2 * LANES; i <= end; i += 2 * LANES) {
      IntVector p = IntVector.fromArray(PAIRS, pairs, i);
      IntVector q = IntVector.fromArray(PAIRS, pairs, i + LANES);
      a = first(p).fma(FloatVector.fromArray(FLOATS, x, at + i), a);
      b = second(p).fma(FloatVector.fromArray(FLOATS, x, odd + i), b);
      c = first(q).fma(FloatVector.fromArray(FLOATS, x, at + i + LANES), c);
      d = second(q).fma(FloatVector.fromArray(FLOATS, x, odd + i + LANES), d);
    }
    float sum = a.add(b).add(c.add(d)).reduceLanes(VectorOperators.ADD);
    for (; i < count; i++) {
      sum += Float.intBitsToFloat(pairs[i] << 16) * x[at + i];
      sum += Float.intBitsToFloat(pairs[i] & SECOND) * x[odd + i];
    }
    return sum;
  }

  /**
   * The same over each of {@link #STREAMS} rows in memory outside of the heap.
   *
   * @param memory see {@link NativeVectors#of}
   * @param first bytes before the first row
   * @param apart bytes from one row to the next
   * @param count pairs of each, whole vectors
   * @param x split
   * @param sums receives one for each row
   */
  static void dots(Object memory, long first, long apart, int count, float[] x, float[] sums) {
    int odd = x.length / 2;
    FloatVector a = FloatVector.zero(FLOATS);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    for (int i = 0; i < count; i += LANES) {
      long at = first + (long) i * Integer.BYTES;
      IntVector p = NativeVectors.ints(PAIRS, memory, at);
      IntVector q = NativeVectors.ints(PAIRS, memory, at + apart);
      IntVector r = NativeVectors.ints(PAIRS, memory, at + 2 * apart);
      IntVector s = NativeVectors.ints(PAIRS, memory, at + 3 * apart);
      FloatVector y = FloatVector.fromArray(FLOATS, x, i);
      FloatVector z = FloatVector.fromArray(FLOATS, x, odd + i);
      a = second(p).fma(z, first(p).fma(y, a));
      b = second(q).fma(z, first(q).fma(y, b));
      c = second(r).fma(z, first(r).fma(y, c));
      d = second(s).fma(z, first(s).fma(y, d));
    }
    sums[0] = a.reduceLanes(VectorOperators.ADD);
    sums[1] = b.reduceLanes(VectorOperators.ADD);
    sums[2] = c.reduceLanes(VectorOperators.ADD);
    sums[3] = d.reduceLanes(VectorOperators.ADD);
  }

  /**
   * {@code sum[at + i] += x·first(pairs[i])} and {@code sum[half + at + i] += x·second(pairs[i])}
   * over {@code count} pairs.
   *
   * @param sum split
   */
  static void add(float x, int[] pairs, int count, float[] sum, int at) {
    int odd = at + sum.length / 2;
    FloatVector factor = FloatVector.broadcast(FLOATS, x);
    int i = 0;
    for (int end = count - LANES; i <= end; i += LANES) {
      IntVector p = IntVector.fromArray(PAIRS, pairs, i);
      first(p).fma(factor, FloatVector.fromArray(FLOATS, sum, at + i)).intoArray(sum, at + i);
      second(p).fma(factor, FloatVector.fromArray(FLOATS, sum, odd + i)).intoArray(sum, odd + i);
    }
    for (; i < count; i++) {
      sum[at + i] += x * Float.intBitsToFloat(pairs[i] << 16);
      sum[odd + i] += x * Float.intBitsToFloat(pairs[i] & SECOND);
    }
  }

  /**
   * The same for {@link #STREAMS} rows in memory outside of the heap, as in {@link #dots}: all are
   * added to one.
   *
   * @param x the factors of the rows: {@code x[at]}, and each {@code step} after it
   * @param count pairs of each, whole vectors
   * @param sum split
   */
  static void adds(
      float[] x, int at, int step, Object memory, long first, long apart, int count, float[] sum) {
    int odd = sum.length / 2;
    FloatVector a = FloatVector.broadcast(FLOATS, x[at]);
    FloatVector b = FloatVector.broadcast(FLOATS, x[at + step]);
    FloatVector c = FloatVector.broadcast(FLOATS, x[at + 2 * step]);
    FloatVector d = FloatVector.broadcast(FLOATS, x[at + 3 * step]);
    for (int i = 0; i < count; i += LANES) {
      long here = first + (long) i * Integer.BYTES;
      IntVector p = NativeVectors.ints(PAIRS, memory, here);
      IntVector q = NativeVectors.ints(PAIRS, memory, here + apart);
      IntVector r = NativeVectors.ints(PAIRS, memory, here + 2 * apart);
      IntVector s = NativeVectors.ints(PAIRS, memory, here + 3 * apart);
      FloatVector y = first(p).fma(a, FloatVector.fromArray(FLOATS, sum, i));
      FloatVector z = second(p).fma(a, FloatVector.fromArray(FLOATS, sum, odd + i));
      y = first(r).fma(c, first(q).fma(b, y));
      z = second(r).fma(c, second(q).fma(b, z));
      first(s).fma(d, y).intoArray(sum, i);
      second(s).fma(d, z).intoArray(sum, odd + i);
    }
  }

  /** Splits numbers in BFLOAT16. */
  static void split(int[] pairs, int count, float[] target) {
    int i = 0;
    for (int end = count - LANES; i <= end; i += LANES) {
      IntVector p = IntVector.fromArray(PAIRS, pairs, i);
      first(p).intoArray(target, i);
      second(p).intoArray(target, count + i);
    }
    for (; i < count; i++) {
      target[i] = Float.intBitsToFloat(pairs[i] << 16);
      target[count + i] = Float.intBitsToFloat(pairs[i] & SECOND);
    }
  }

  /** Splits numbers in single precision. */
  static float[] split(float[] x) {
    float[] split = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      split[i / 2 + i % 2 * (x.length / 2)] = x[i];
    }
    return split;
  }

  /** Undoes {@link #split(float[])}. */
  static float[] joined(float[] split) {
    float[] x = new float[split.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = split[i / 2 + i % 2 * (x.length / 2)];
    }
    return x;
  }

  private static FloatVector first(IntVector pairs) {
    return pairs.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
  }

  private static FloatVector second(IntVector pairs) {
    return pairs.and(SECOND).reinterpretAsFloats();
  }
}
