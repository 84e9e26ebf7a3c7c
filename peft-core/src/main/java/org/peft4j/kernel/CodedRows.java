package org.peft4j.kernel;

import java.nio.ByteBuffer;
import java.util.Optional;

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

  /** The factors as they are in memory, where those are codes of 8 bits. */
  default Optional<FactorCodes> factorCodes() {
    return Optional.empty();
  }

  /**
   * {@code factor[i] = scales[i / group]·values[codes[i]] + mean}, each operation rounded.
   *
   * @param codes one byte for each factor, without a sign; a buffer of the caller's own
   * @param values all 256
   * @param scales of groups, not to be changed
   * @param group consecutive factors that share a scale
   */
  record FactorCodes(ByteBuffer codes, float[] values, float[] scales, int group, float mean) {}
}
