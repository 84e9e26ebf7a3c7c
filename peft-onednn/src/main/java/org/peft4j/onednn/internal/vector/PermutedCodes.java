package org.peft4j.onednn.internal.vector;

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

  private final int tile;

  /**
   * @param tile codes in a step of {@link #dot}
   */
  PermutedCodes(int tile) {
    this.tile = tile;
  }

  /** Whether this JVM compiles these loops. */
  static boolean present() {
    return VectorUnit.PRESENT && Runtime.version().feature() >= JAVA;
  }

  /**
   * Loops for the vectors of this processor.
   *
   * @param values by code
   */
  static PermutedCodes of(float[] values) {
    return HalfRows.LANES == CODES ? new WidePermutation(values) : new NarrowPermutation(values);
  }

  /** Codes of as many whole steps of {@link #dot} as hold {@code count}. */
  final int room(int count) {
    return (count + tile - 1) / tile * tile;
  }

  /** Numbers in the order in which {@link #dot} meets codes, with zeros to the end of a step. */
  final float[] ordered(float[] x) {
    float[] ordered = new float[room(x.length)];
    int lanes = tile / HALF;
    for (int code = 0; code < x.length; code++) {
      int lane = code / HALF % lanes;
      int plane = SHIFTS[code % HALF] / 4;
      ordered[code / tile * tile + plane * lanes + lane] = x[code];
    }
    return ordered;
  }

  /**
   * {@code Σ factor·value·x} over a row.
   *
   * @param words whole steps
   * @param word the first of the row
   * @param factors of units, whole steps
   * @param unit the first of the row
   * @param x in order
   */
  abstract float dot(long[] words, int word, float[] factors, int unit, float[] x);

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
