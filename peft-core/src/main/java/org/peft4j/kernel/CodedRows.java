package org.peft4j.kernel;

import java.nio.ByteBuffer;

/**
 * A matrix in 4 bits, {@code w[i] = factor[i / blockSize]·values[code[i]]} for its elements row by
 * row, which a product may take as they are in memory.
 */
public interface CodedRows extends WeightRows {
  /** Two codes in a byte, the first in its upper half; a buffer of the caller's own. */
  ByteBuffer codes();

  /** The 16 values by code. */
  float[] values();

  /** Consecutive elements that share a factor. */
  int blockSize();

  /**
   * Reads factors. Several threads may call it at once.
   *
   * @param block the first of them
   * @param target receives as many as it has
   */
  void factors(int block, float[] target);
}
