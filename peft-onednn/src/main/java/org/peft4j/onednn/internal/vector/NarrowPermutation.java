package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Vectors of 256 bits: permutations choose from the lower and from the upper eight values, and the
 * highest bit of a code between the two. Indices need no mask, since permutations wrap them.
 */
final class NarrowPermutation extends PermutedCodes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_256;
  private static final int LANES = FLOATS.length();

  /** Planes of codes in a step of {@link #dot}: the compiler gives up on methods with more. */
  private static final int PLANES = 4;

  private final IntVector lower;
  private final IntVector upper;

  /**
   * @param values by code
   */
  NarrowPermutation(float[] values) {
    super(UNIT);
    lower = FloatVector.fromArray(FLOATS, values, 0).reinterpretAsInts();
    upper = FloatVector.fromArray(FLOATS, values, LANES).reinterpretAsInts();
  }

  @Override
  float dot(long[] words, int word, float[] factors, int unit, float[] x) {
    return dot(words, word, factors, unit, x, lower, upper);
  }

  private static float dot(
      long[] words,
      int word,
      float[] factors,
      int unit,
      float[] x,
      IntVector lower,
      IntVector upper) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int at = 0, i = unit; at < x.length; at += UNIT, i++) {
      IntVector codes = LongVector.fromArray(LONGS, words, word + at / WORD).reinterpretAsInts();
      FloatVector a = FloatVector.zero(FLOATS);
      FloatVector b = a;
      for (int plane = at; plane < at + UNIT; plane += PLANES * LANES) {
        a =
            values(codes, codes.lanewise(VectorOperators.LSHL, 28), lower, upper)
                .fma(FloatVector.fromArray(FLOATS, x, plane), a);
        b =
            values(
                    codes.lanewise(VectorOperators.LSHR, 4),
                    codes.lanewise(VectorOperators.LSHL, 24),
                    lower,
                    upper)
                .fma(FloatVector.fromArray(FLOATS, x, plane + 8), b);
        a =
            values(
                    codes.lanewise(VectorOperators.LSHR, 8),
                    codes.lanewise(VectorOperators.LSHL, 20),
                    lower,
                    upper)
                .fma(FloatVector.fromArray(FLOATS, x, plane + 16), a);
        b =
            values(
                    codes.lanewise(VectorOperators.LSHR, 12),
                    codes.lanewise(VectorOperators.LSHL, 16),
                    lower,
                    upper)
                .fma(FloatVector.fromArray(FLOATS, x, plane + 24), b);
        codes = codes.lanewise(VectorOperators.LSHR, 16);
      }
      sum = a.add(b).fma(FloatVector.broadcast(FLOATS, factors[i]), sum);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  /**
   * @param codes in the lowest bits of each lane
   * @param signs the same codes in the highest bits
   */
  private static FloatVector values(
      IntVector codes, IntVector signs, IntVector lower, IntVector upper) {
    return codes
        .selectFrom(lower)
        .blend(codes.selectFrom(upper), signs.compare(VectorOperators.LT, 0))
        .reinterpretAsFloats();
  }

  @Override
  void write(long[] words, float[] factors, float[] target) {
    write(words, factors, target, lower, upper);
  }

  private static void write(
      long[] words, float[] factors, float[] target, IntVector lower, IntVector upper) {
    IntVector right = IntVector.fromArray(INTS, SHIFTS, 0);
    IntVector left = IntVector.broadcast(INTS, 28).sub(right);
    for (int word = 0; word < words.length; word++) {
      FloatVector factor = FloatVector.broadcast(FLOATS, factors[word / (UNIT / WORD)]);
      IntVector first = IntVector.broadcast(INTS, (int) words[word]);
      values(
              first.lanewise(VectorOperators.LSHR, right),
              first.lanewise(VectorOperators.LSHL, left),
              lower,
              upper)
          .mul(factor)
          .intoArray(target, word * WORD);
      IntVector second = IntVector.broadcast(INTS, (int) (words[word] >>> Integer.SIZE));
      values(
              second.lanewise(VectorOperators.LSHR, right),
              second.lanewise(VectorOperators.LSHL, left),
              lower,
              upper)
          .mul(factor)
          .intoArray(target, word * WORD + HALF);
    }
  }
}
