package org.peft4j.kernel;

import java.nio.ByteBuffer;

/**
 * A matrix of integers, {@code w = scale·code − offset} with a scale and an offset for each row and
 * group of inputs, which a product may take as they are in memory.
 */
public interface IntegerRows extends WeightRows {
  /**
   * Codes row by row, of 4 bits the first in the lower half of a byte; a buffer of the caller's
   * own.
   */
  ByteBuffer codes();

  /** The bits of a code: 4 or 8. */
  int bits();

  /** Whether codes are two's complements, so that half of them are below 0. */
  boolean signed();

  /** The groups of a row. */
  int groups();

  /** Consecutive inputs of a group, the last of which may have fewer; 0 for another order. */
  int groupSize();

  /** The group of an input. */
  int group(int input);

  /**
   * Reads a row's scales and offsets. Several threads may call it at once.
   *
   * @param scales receives those of all groups
   * @param offsets the same
   */
  void factors(int row, float[] scales, float[] offsets);
}
