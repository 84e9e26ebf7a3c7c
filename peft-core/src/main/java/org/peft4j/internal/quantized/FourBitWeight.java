package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.kernel.CodedRows;
import org.peft4j.kernel.WeightRows;
import org.peft4j.quantization.BlockQuantization;
import org.peft4j.weight.WeightView;

/**
 * A matrix in 4 bits: two codes in a byte, the first in the upper half, and a factor for each block
 * of consecutive elements of W, row by row. The layout is that of bitsandbytes.
 */
public final class FourBitWeight extends QuantizedWeight {
  private final BlockQuantization quantization;
  private final HostBytes codes;
  private final Factors factors;

  /**
   * @param shape of W, [out, in]
   * @param view how a checkpoint's array is seen as W
   * @param type the type of products: FLOAT, BFLOAT16 or DOUBLE
   */
  public FourBitWeight(
      long[] shape,
      WeightView view,
      BlockQuantization quantization,
      DataType type,
      HostBytes codes,
      Factors factors) {
    super(shape, view, type);
    this.quantization = quantization;
    this.codes = codes;
    this.factors = factors;
  }

  @Override
  public String format() {
    return quantization.format().name();
  }

  @Override
  public long bytes() {
    return codes.size() + factors.bytes();
  }

  public BlockQuantization quantization() {
    return quantization;
  }

  /** Two codes for each byte. */
  public ByteBuffer codes() {
    return codes.buffer();
  }

  public Factors factors() {
    return factors;
  }

  /** A block after the other. */
  @Override
  void decode(long first, int count, float[] target, int at) {
    decode(first, count, target, at, false);
  }

  private void decode(long first, int count, float[] target, int at, boolean rounding) {
    int blockSize = quantization.blockSize();
    float[] values = new float[16];
    byte[] bytes = new byte[blockSize / 2 + 1];
    ByteBuffer buffer = codes.buffer();
    long end = first + count;
    int out = at;
    for (long from = first; from < end; ) {
      int block = (int) (from / blockSize);
      int size = (int) (Math.min(end, (block + 1L) * blockSize) - from);
      scale(factors.of(block), values, rounding);
      int firstByte = (int) (from >> 1);
      buffer.get(firstByte, bytes, 0, (int) ((from + size - 1) >> 1) - firstByte + 1);
      unpack(bytes, (int) (from & 1), size, values, target, out);
      out += size;
      from += size;
    }
  }

  @Override
  WeightRows rows() {
    return new Coded();
  }

  /** Rows that a product may take as codes, too. */
  private final class Coded extends Rows implements CodedRows {
    /** Rounds the 16 values of a block, and not each number. */
    @Override
    public void write(int from, int to, float[] target) {
      int count = Math.toIntExact((to - from) * columns());
      decode(from * columns(), count, target, 0, type() == DataType.BFLOAT16);
    }

    @Override
    public ByteBuffer codes() {
      return codes.buffer();
    }

    @Override
    public float[] values() {
      return Codebook.of(quantization.format()).values();
    }

    @Override
    public int blockSize() {
      return quantization.blockSize();
    }

    @Override
    public void factors(int block, float[] target) {
      factors.get(block, target);
    }
  }

  private void scale(float factor, float[] values, boolean rounding) {
    Codebook codebook = Codebook.of(quantization.format());
    for (int code = 0; code < values.length; code++) {
      float value = codebook.value(code) * factor;
      values[code] = rounding ? rounded(value) : value;
    }
  }

  /**
   * Looks up codes. The table is a copy of known length, and the loop counts whole bytes, so that
   * the compiler leaves out the checks of indices.
   */
  private static void unpack(
      byte[] bytes, int skipped, int size, float[] values, float[] target, int at) {
    float[] table = new float[16];
    System.arraycopy(values, 0, table, 0, table.length);
    int first = at + skipped;
    int pairs = (size - skipped) / 2;
    if (skipped == 1) {
      target[at] = table[bytes[0] & 15];
    }
    for (int i = 0; i < pairs; i++) {
      int pair = bytes[skipped + i];
      target[first + 2 * i] = table[pair >> 4 & 15];
      target[first + 2 * i + 1] = table[pair & 15];
    }
    if (skipped + 2 * pairs < size) {
      target[at + size - 1] = table[bytes[skipped + pairs] >> 4 & 15];
    }
  }

  @Override
  public void close() {
    codes.close();
    factors.close();
  }
}
