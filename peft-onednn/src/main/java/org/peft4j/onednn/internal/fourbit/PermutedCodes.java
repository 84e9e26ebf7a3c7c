package org.peft4j.onednn.internal.fourbit;

import jdk.incubator.vector.FloatVector;
import org.peft4j.onednn.internal.vector.NativeVectors;
import org.peft4j.onednn.internal.vector.VectorUnit;

/**
 * Loops over codes of 4 bits, whose values are chosen from a vector of all 16 by a permutation. A
 * word has 16 codes, the first two in its lowest byte, the first of these in its upper half. A unit
 * is 64 codes, which share a factor.
 */
abstract class PermutedCodes {
  /** Codes in a unit. */
  static final int UNIT = 64;

  /** Codes in a word. */
  static final int WORD = 16;

  /** Codes in half a word, which a number of 32 bits holds. */
  static final int HALF = 8;

  /** The first Java that compiles permutations by numbers in vectors. */
  private static final int JAVA = 25;

  /** The bits by which each code of half a word is shifted. */
  static final int[] SHIFTS = {4, 0, 12, 8, 20, 16, 28, 24};

  static final int CODES = 16;

  static final int CODES_IN_BYTE = 2;

  private final int tile;
  private final int streams;

  /**
   * @param tile codes in a step of {@link #dots}, of a row
   * @param streams rows that it reads at once
   */
  PermutedCodes(int tile, int streams) {
    this.tile = tile;
    this.streams = streams;
  }

  /** Whether this JVM compiles these loops. */
  static boolean present() {
    return VectorUnit.PRESENT && Runtime.version().feature() >= JAVA && NativeVectors.PRESENT;
  }

  /**
   * Loops for the vectors of this processor.
   *
   * @param values by code
   * @param columns of a matrix, whole units
   */
  static PermutedCodes of(float[] values, long columns) {
    boolean wide =
        FloatVector.SPECIES_PREFERRED.length() == CODES && columns % WidePermutation.TILE == 0;
    return wide ? new WidePermutation(values) : new NarrowPermutation(values);
  }

  /** Rows that {@link #dots} reads at once. */
  final int streams() {
    return streams;
  }

  /** Numbers in the order in which {@link #dots} meets codes. */
  final float[] ordered(float[] x) {
    float[] ordered = new float[x.length];
    int lanes = tile / HALF;
    for (int code = 0; code < x.length; code++) {
      int lane = code / HALF % lanes;
      int plane = SHIFTS[code % HALF] / 4;
      ordered[code / tile * tile + plane * lanes + lane] = x[code];
    }
    return ordered;
  }

  /**
   * {@code Σ factor·value·x} over each of some rows.
   *
   * @param codes of a matrix: see {@link NativeVectors#of}
   * @param at bytes before the first of the rows
   * @param apart bytes from one of the rows to the next
   * @param factors of units, by row
   * @param unit the first of each row
   * @param x in order
   * @param sums receives one for each row
   */
  abstract void dots(
      Object codes, long at, long apart, float[][] factors, int unit, float[] x, float[] sums);

  /**
   * Writes {@code factor·value} of each code.
   *
   * @param factors of units
   */
  abstract void write(long[] words, float[] factors, float[] target);

  /**
   * Factors of units from those of blocks.
   *
   * @param before units of the first block that are before the first unit
   * @param inBlock units of a block
   */
  static void spread(float[] ofBlocks, int before, int inBlock, float[] ofUnits, int units) {
    if (inBlock == 1) {
      System.arraycopy(ofBlocks, 0, ofUnits, 0, units);
      return;
    }
    for (int unit = 0; unit < units; unit++) {
      ofUnits[unit] = ofBlocks[(before + unit) / inBlock];
    }
  }
}
