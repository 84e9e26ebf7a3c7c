package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;

/**
 * Codes of numbers, block by block: {@code code[i] = nearest(x[i] / a)}, where a is the absolute
 * maximum of the block, in the arithmetic of bitsandbytes: FP32, and a product with 1/a but for a
 * last block that is shorter.
 *
 * @param blockSize the numbers of a block
 */
public record BlockQuantizer(Codebook codebook, int blockSize) {
  /** In place of an absolute maximum of 0, so that 1/a is a number. */
  private static final float LEAST = 1e-38f;

  /**
   * Writes a byte for each number, and returns the factor of each block.
   *
   * @param numbers finite
   */
  public float[] codes(float[] numbers, ByteBuffer target) {
    float[] factors = new float[blocks(numbers.length)];
    for (int block = 0; block < factors.length; block++) {
      int from = block * blockSize;
      int to = Math.min(numbers.length, from + blockSize);
      factors[block] = factor(numbers, from, to);
      for (int i = from; i < to; i++) {
        target.put(i, (byte) code(numbers[i], factors[block], to - from));
      }
    }
    return factors;
  }

  int blocks(long count) {
    return Math.toIntExact((count + blockSize - 1) / blockSize);
  }

  /** The factor of the block of {@code numbers[from, to)}. */
  float factor(float[] numbers, int from, int to) {
    float most = 0;
    for (int i = from; i < to; i++) {
      most = Math.max(most, Math.abs(numbers[i]));
    }
    return to - from < blockSize ? Math.max(most, LEAST) : most;
  }

  /**
   * The code of a number.
   *
   * @param factor that of its block
   * @param size the numbers in the block
   */
  int code(float number, float factor, int size) {
    float least = Math.max(factor, LEAST);
    float scaled = size < blockSize ? number / least : number * (1f / least);
    return codebook.code(Math.max(-1f, Math.min(1f, scaled)));
  }
}
