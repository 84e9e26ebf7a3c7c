package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

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
  private static final int TILE = 2 * UNIT;

  /** The lanes of the first and of the second unit of a tile. */
  private static final float[] FIRST = {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0};

  private static final float[] SECOND = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};

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
    super(TILE);
    table = FloatVector.fromArray(FLOATS, values, 0).reinterpretAsInts();
  }

  @Override
  float dot(long[] words, int word, float[] factors, int unit, float[] x) {
    return dot(words, word, factors, unit, x, table);
  }

  private static float dot(
      long[] words, int word, float[] factors, int unit, float[] x, IntVector table) {
    FloatVector first = FloatVector.zero(FLOATS);
    FloatVector second = first;
    for (int at = 0, i = unit; at < x.length; at += TILE, i += 2) {
      IntVector codes = LongVector.fromArray(LONGS, words, word + at / WORD).reinterpretAsInts();
      FloatVector a = values(codes, table).mul(FloatVector.fromArray(FLOATS, x, at));
      FloatVector b =
          values(codes.lanewise(VectorOperators.LSHR, 4), table)
              .mul(FloatVector.fromArray(FLOATS, x, at + 16));
      a =
          values(codes.lanewise(VectorOperators.LSHR, 8), table)
              .fma(FloatVector.fromArray(FLOATS, x, at + 32), a);
      b =
          values(codes.lanewise(VectorOperators.LSHR, 12), table)
              .fma(FloatVector.fromArray(FLOATS, x, at + 48), b);
      a =
          values(codes.lanewise(VectorOperators.LSHR, 16), table)
              .fma(FloatVector.fromArray(FLOATS, x, at + 64), a);
      b =
          values(codes.lanewise(VectorOperators.LSHR, 20), table)
              .fma(FloatVector.fromArray(FLOATS, x, at + 80), b);
      a =
          values(codes.lanewise(VectorOperators.LSHR, 24), table)
              .fma(FloatVector.fromArray(FLOATS, x, at + 96), a);
      b =
          values(codes.lanewise(VectorOperators.LSHR, 28), table)
              .fma(FloatVector.fromArray(FLOATS, x, at + 112), b);
      a = a.add(b);
      first = a.fma(FloatVector.broadcast(FLOATS, factors[i]), first);
      second = a.fma(FloatVector.broadcast(FLOATS, factors[i + 1]), second);
    }
    first = first.mul(FloatVector.fromArray(FLOATS, FIRST, 0));
    second = second.fma(FloatVector.fromArray(FLOATS, SECOND, 0), first);
    return second.reduceLanes(VectorOperators.ADD);
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
