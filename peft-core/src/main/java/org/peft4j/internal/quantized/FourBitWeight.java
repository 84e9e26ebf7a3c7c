package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import java.util.Optional;
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

  @Override
  void decode(long first, int count, float[] target, int at) {
    if (count == 0) {
      return;
    }
    int blockSize = quantization.blockSize();
    long last = first + count - 1;
    byte[] bytes = new byte[(int) ((last >> 1) - (first >> 1)) + 1];
    codes.buffer().get((int) (first >> 1), bytes);
    int block = (int) (first / blockSize);
    float[] ofBlocks = new float[(int) (last / blockSize) - block + 1];
    factors.get(block, ofBlocks);
    PairValues.of(quantization.format())
        .write(
            bytes,
            (int) (first & 1),
            ofBlocks,
            blockSize,
            (int) (first % blockSize),
            target,
            at,
            count);
  }

  @Override
  WeightRows rows() {
    return new Coded();
  }

  /** Rows that a product may take as codes, too. */
  private final class Coded extends Rows implements CodedRows {
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

    @Override
    public Optional<FactorCodes> factorCodes() {
      return factors.inEightBits();
    }
  }

  @Override
  public void close() {
    codes.close();
    factors.close();
  }
}
