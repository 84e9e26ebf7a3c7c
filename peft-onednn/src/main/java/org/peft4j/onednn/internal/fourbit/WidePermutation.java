package org.peft4j.onednn.internal.fourbit;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.peft4j.onednn.internal.vector.NativeVectors;

/**
 * Vectors of 512 bits: one permutation chooses from all values. Indices need no mask, since
 * permutations wrap them.
 */
final class WidePermutation extends PermutedCodes {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;
  private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_512;
  private static final int LANES = FLOATS.length();

  /** Codes in a vector of words: two units. */
  static final int TILE = 2 * UNIT;

  /** The lanes of the second unit of a tile. */
  private static final long SECOND = 0xff00;

  /** For a word in each pair of lanes: lower halves are in even lanes. */
  private static final int[] SHIFTS_OF_PAIRS = new int[LANES];

  /** Even lanes, then odd ones. */
  private static final VectorShuffle<Float> HALVES;

  static {
    int[] lanes = new int[LANES];
    for (int code = 0; code < LANES; code++) {
      lanes[code] = code % HALF * 2 + code / HALF;
      SHIFTS_OF_PAIRS[lanes[code]] = SHIFTS[code % HALF];
    }
    HALVES = VectorShuffle.fromArray(FLOATS, lanes, 0);
  }

  private final IntVector table;

  /**
   * @param values by code
   */
  WidePermutation(float[] values) {
    super(TILE, 4);
    table = FloatVector.fromArray(FLOATS, values, 0).reinterpretAsInts();
  }

  @Override
  void dots(
      Object codes, long at, long apart, float[][] factors, int unit, float[] x, float[] sums) {
    dots(codes, at, apart, factors, unit, x, sums, table);
  }

  private static void dots(
      Object memory,
      long first,
      long apart,
      float[][] factors,
      int firstUnit,
      float[] x,
      float[] sums,
      IntVector table) {
    VectorMask<Float> second = VectorMask.fromLong(FLOATS, SECOND);
    FloatVector zero = FloatVector.zero(FLOATS);
    FloatVector sum0 = zero;
    FloatVector sum1 = zero;
    FloatVector sum2 = zero;
    FloatVector sum3 = zero;
    float[] factors0 = factors[0];
    float[] factors1 = factors[1];
    float[] factors2 = factors[2];
    float[] factors3 = factors[3];
    for (int at = 0, unit = firstUnit; at < x.length; at += TILE, unit += 2) {
      long tile = first + at / CODES_IN_BYTE;
      IntVector codes0 = NativeVectors.ints(INTS, memory, tile);
      IntVector codes1 = NativeVectors.ints(INTS, memory, tile + apart);
      IntVector codes2 = NativeVectors.ints(INTS, memory, tile + 2 * apart);
      IntVector codes3 = NativeVectors.ints(INTS, memory, tile + 3 * apart);
      FloatVector a = zero;
      FloatVector b = zero;
      FloatVector c = zero;
      FloatVector d = zero;
      for (int plane = at; plane < at + TILE; plane += LANES) {
        FloatVector inputs = FloatVector.fromArray(FLOATS, x, plane);
        a = values(codes0, table).fma(inputs, a);
        b = values(codes1, table).fma(inputs, b);
        c = values(codes2, table).fma(inputs, c);
        d = values(codes3, table).fma(inputs, d);
        codes0 = codes0.lanewise(VectorOperators.LSHR, 4);
        codes1 = codes1.lanewise(VectorOperators.LSHR, 4);
        codes2 = codes2.lanewise(VectorOperators.LSHR, 4);
        codes3 = codes3.lanewise(VectorOperators.LSHR, 4);
      }
      sum0 = a.fma(factors(factors0, unit, second), sum0);
      sum1 = b.fma(factors(factors1, unit, second), sum1);
      sum2 = c.fma(factors(factors2, unit, second), sum2);
      sum3 = d.fma(factors(factors3, unit, second), sum3);
    }
    sums[0] = sum0.reduceLanes(VectorOperators.ADD);
    sums[1] = sum1.reduceLanes(VectorOperators.ADD);
    sums[2] = sum2.reduceLanes(VectorOperators.ADD);
    sums[3] = sum3.reduceLanes(VectorOperators.ADD);
  }

  /** The factors of a unit and of the next. */
  private static FloatVector factors(float[] factors, int unit, VectorMask<Float> second) {
    return FloatVector.broadcast(FLOATS, factors[unit])
        .blend(FloatVector.broadcast(FLOATS, factors[unit + 1]), second);
  }

  private static FloatVector values(IntVector codes, IntVector table) {
    return codes.selectFrom(table).reinterpretAsFloats();
  }

  @Override
  void write(long[] words, float[] factors, float[] target) {
    write(words, factors, target, table);
  }

  private static void write(long[] words, float[] factors, float[] target, IntVector table) {
    IntVector shifts = IntVector.fromArray(INTS, SHIFTS_OF_PAIRS, 0);
    for (int word = 0; word < words.length; word++) {
      IntVector codes = LongVector.broadcast(LONGS, words[word]).reinterpretAsInts();
      values(codes.lanewise(VectorOperators.LSHR, shifts), table)
          .rearrange(HALVES)
          .mul(FloatVector.broadcast(FLOATS, factors[word / (UNIT / WORD)]))
          .intoArray(target, word * WORD);
    }
  }
}
