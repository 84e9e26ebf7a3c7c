package org.peft4j.internal.quantized;

import org.peft4j.quantization.QuantizedFormat;

/**
 * The values of two codes by the byte that they share, so that a byte is looked up without being
 * taken apart.
 */
final class PairValues {
  private static final PairValues OF_NF4 = new PairValues(Codebook.OF_NF4.values());
  private static final PairValues OF_FP4 = new PairValues(Codebook.OF_FP4.values());

  private static final int BYTE = 0xff;

  private final float[] ofUpper = new float[BYTE + 1];
  private final float[] ofLower = new float[BYTE + 1];

  /**
   * @param values by code, 16
   */
  private PairValues(float[] values) {
    for (int pair = 0; pair <= BYTE; pair++) {
      ofUpper[pair] = values[pair >> 4];
      ofLower[pair] = values[pair & 15];
    }
  }

  static PairValues of(QuantizedFormat format) {
    return switch (format) {
      case NF4 -> OF_NF4;
      case FP4 -> OF_FP4;
    };
  }

  /**
   * Writes {@code factor·value} for each of some codes. Tables are copies of known length, so that
   * the compiler leaves out the checks of indices.
   *
   * @param codes bytes, the first code of each in its upper half
   * @param skipped codes before the first
   * @param factors of blocks
   * @param blockSize codes of a block
   * @param inBlock codes of the first block that are before the first code
   * @param at place of the first number
   */
  void write(
      byte[] codes,
      int skipped,
      float[] factors,
      int blockSize,
      int inBlock,
      float[] target,
      int at,
      int count) {
    float[] upper = new float[BYTE + 1];
    float[] lower = new float[BYTE + 1];
    System.arraycopy(ofUpper, 0, upper, 0, upper.length);
    System.arraycopy(ofLower, 0, lower, 0, lower.length);
    int from = 0;
    for (int block = 0; from < count; block++) {
      int to = Math.min(count, (block + 1) * blockSize - inBlock);
      float factor = factors[block];
      int code = skipped + from;
      if ((code & 1) == 1) {
        target[at + from] = lower[codes[code >> 1] & BYTE] * factor;
        from++;
      }
      int pairs = (to - from) >> 1;
      int first = (skipped + from) >> 1;
      int out = at + from;
      for (int i = 0; i < pairs; i++) {
        int pair = codes[first + i] & BYTE;
        target[out + 2 * i] = upper[pair] * factor;
        target[out + 2 * i + 1] = lower[pair] * factor;
      }
      if ((to - from & 1) == 1) {
        target[at + to - 1] = upper[codes[first + pairs] & BYTE] * factor;
      }
      from = to;
    }
  }
}
