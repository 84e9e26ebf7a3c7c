package org.peft4j.onednn.internal.fourbit;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Loops over codes of 4 bits, two in a byte. A table has the two values of each byte side by side,
 * as one number of 64 bits: a row of codes becomes a row of values by one look into the table for
 * each byte. Permutations that choose from 16 values within vectors take longer before Java 25,
 * which {@link PermutedCodes} waits for.
 */
final class CodeRows {
  /** Values in a step of {@link #dot}. */
  static final int STEP = 16;

  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final VectorSpecies<Long> PAIRS = LongVector.SPECIES_256;
  private static final int BYTE = 0xff;

  /** By byte: the value of its upper half in the lower 32 bits, that of its lower half above. */
  private final long[] table = new long[BYTE + 1];

  /**
   * @param values by code
   */
  CodeRows(float[] values) {
    for (int pair = 0; pair < table.length; pair++) {
      long first = Float.floatToRawIntBits(values[pair >> 4]) & 0xffffffffL;
      long second = Float.floatToRawIntBits(values[pair & 15]);
      table[pair] = second << Integer.SIZE | first;
    }
  }

  /**
   * The values of a row of codes.
   *
   * @param codes the first of two in the upper half of a byte
   * @param pairs receives two values for each byte
   */
  void look(byte[] codes, long[] pairs) {
    for (int i = 0; i < codes.length; i++) {
      pairs[i] = table[codes[i] & BYTE];
    }
  }

  /**
   * {@code Σ factors[i / blockSize]·values[i]·x[i]} over a row.
   *
   * @param pairs values, as {@link #look} gives them
   * @param factors of blocks
   * @param blockSize whole steps
   */
  static float dot(long[] pairs, float[] factors, int blockSize, float[] x) {
    FloatVector sum = FloatVector.zero(FLOATS);
    for (int from = 0, block = 0; from < x.length; from += blockSize, block++) {
      FloatVector even = FloatVector.zero(FLOATS);
      FloatVector odd = even;
      for (int i = from; i < from + blockSize; i += STEP) {
        even = values(pairs, i).fma(FloatVector.fromArray(FLOATS, x, i), even);
        odd = values(pairs, i + STEP / 2).fma(FloatVector.fromArray(FLOATS, x, i + STEP / 2), odd);
      }
      sum = even.add(odd).fma(FloatVector.broadcast(FLOATS, factors[block]), sum);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  private static FloatVector values(long[] pairs, int first) {
    return LongVector.fromArray(PAIRS, pairs, first / 2).reinterpretAsFloats();
  }
}
