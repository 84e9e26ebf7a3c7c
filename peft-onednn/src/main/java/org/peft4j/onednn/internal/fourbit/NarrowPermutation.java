package org.peft4j.onednn.internal.fourbit;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.peft4j.onednn.internal.vector.NativeVectors;

/**
 * Vectors of 256 bits: permutations choose from the lower and from the upper eight values, and the
 * highest bit of a code between the two. Indices need no mask, since permutations wrap them.
 */
final class NarrowPermutation extends PermutedCodes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
  private static final int LANES = FLOATS.length();

  private final IntVector lower;
  private final IntVector upper;

  /**
   * @param values by code
   */
  NarrowPermutation(float[] values) {
    super(UNIT, 2);
    lower = FloatVector.fromArray(FLOATS, values, 0).reinterpretAsInts();
    upper = FloatVector.fromArray(FLOATS, values, LANES).reinterpretAsInts();
  }

  @Override
  void dots(
      Object codes, long at, long apart, float[][] factors, int unit, float[] x, float[] sums) {
    dots(codes, at, apart, factors, unit, x, sums, lower, upper);
  }

  private static void dots(
      Object memory,
      long first,
      long apart,
      float[][] factors,
      int firstUnit,
      float[] x,
      float[] sums,
      IntVector lower,
      IntVector upper) {
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector sum0 = zero;
    FloatVector sum1 = zero;
    float[] factors0 = factors[0];
    float[] factors1 = factors[1];
    for (int at = 0, unit = firstUnit; at < x.length; at += UNIT, unit++) {
      long tile = first + at / CODES_IN_BYTE;
      IntVector codes0 = NativeVectors.ints(INTS, memory, tile);
      IntVector codes1 = NativeVectors.ints(INTS, memory, tile + apart);
      FloatVector a = zero;
      FloatVector b = zero;
      for (int plane = at; plane < at + UNIT; plane += LANES) {
        FloatVector inputs = FloatVector.fromArray(FLOATS, x, plane);
        a = values(codes0, codes0.lanewise(VectorOperators.LSHL, 28), lower, upper).fma(inputs, a);
        b = values(codes1, codes1.lanewise(VectorOperators.LSHL, 28), lower, upper).fma(inputs, b);
        codes0 = codes0.lanewise(VectorOperators.LSHR, 4);
        codes1 = codes1.lanewise(VectorOperators.LSHR, 4);
      }
      sum0 = a.fma(FloatVector.broadcast(FLOATS, factors0[unit]), sum0);
      sum1 = b.fma(FloatVector.broadcast(FLOATS, factors1[unit]), sum1);
    }
    sums[0] = sum0.reduceLanes(VectorOperators.ADD);
    sums[1] = sum1.reduceLanes(VectorOperators.ADD);
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
