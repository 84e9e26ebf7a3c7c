package org.peft4j.onednn.internal.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over codes of 4 bits, of which an integer holds eight. Eight integers, 64 codes, are one
 * step: shifted by a multiple of four bits, each of them has another code in its lowest bits, which
 * choose one of 16 values by two permutations. What the codes meet is in the {@link #order} that
 * results from it.
 */
final class CodeRows {
  /** Codes in a step. */
  static final int STEP = 64;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
  private static final int LANES = 8;

  private final IntVector lower;
  private final IntVector upper;

  /**
   * @param values by code
   */
  CodeRows(float[] values) {
    int[] bits = new int[2 * LANES];
    for (int code = 0; code < bits.length; code++) {
      bits[code] = Float.floatToRawIntBits(values[code]);
    }
    lower = IntVector.fromArray(INTS, bits, 0);
    upper = IntVector.fromArray(INTS, bits, LANES);
  }

  /**
   * Number {@code 8k + j} of a step meets code k of integer j, counted from the lowest bits; the
   * first of two codes in a byte is in its upper half.
   *
   * @param x whole steps
   */
  static float[] order(float[] x) {
    float[] ordered = new float[x.length];
    for (int step = 0; step < x.length; step += STEP) {
      for (int k = 0; k < LANES; k++) {
        for (int j = 0; j < LANES; j++) {
          ordered[step + LANES * k + j] = x[step + LANES * j + (k ^ 1)];
        }
      }
    }
    return ordered;
  }

  /**
   * {@code Σ factors[i / blockSize]·values[code i]·x[i]} over a row.
   *
   * @param codes eight in an integer
   * @param factors of blocks
   * @param blockSize whole steps
   * @param x in {@link #order}
   */
  float dot(int[] codes, float[] factors, int blockSize, float[] x) {
    FloatVector sum = FloatVector.zero(FLOATS);
    int integer = 0;
    for (int from = 0, block = 0; from < x.length; from += blockSize, block++) {
      FloatVector even = FloatVector.zero(FLOATS);
      FloatVector odd = even;
      for (int step = from; step < from + blockSize; step += STEP, integer += LANES) {
        IntVector eight = IntVector.fromArray(INTS, codes, integer);
        for (int k = 0; k < LANES; k += 2) {
          even = values(eight, k).fma(FloatVector.fromArray(FLOATS, x, step + LANES * k), even);
          odd =
              values(eight, k + 1)
                  .fma(FloatVector.fromArray(FLOATS, x, step + LANES * (k + 1)), odd);
        }
      }
      sum = even.add(odd).fma(FloatVector.broadcast(FLOATS, factors[block]), sum);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  /** The values of code k of each integer. */
  private FloatVector values(IntVector codes, int k) {
    IntVector code = codes.lanewise(VectorOperators.LSHR, 4 * k);
    VectorShuffle<Integer> choice = code.and(LANES - 1).toShuffle();
    return lower
        .rearrange(choice)
        .blend(upper.rearrange(choice), code.and(LANES).compare(VectorOperators.NE, 0))
        .reinterpretAsFloats();
  }
}
