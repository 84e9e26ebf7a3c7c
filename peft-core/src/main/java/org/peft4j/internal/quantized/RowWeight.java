package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.IntegerRows;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.WeightRows;
import org.peft4j.quantization.RowQuantization;
import org.peft4j.weight.WeightView;

/** A matrix in 8 bits: {@code w = code·a·(1/127)}, with a factor a for each row of W. */
public final class RowWeight extends QuantizedWeight {
  private static final float UNIT = 1 / 127f;

  private final RowQuantization quantization;
  private final HostBytes codes;
  private final PlainFactors factors;

  /**
   * @param shape of W, [out, in]
   * @param view how a checkpoint's array is seen as W
   * @param type the type of products: FLOAT, BFLOAT16 or DOUBLE
   * @param codes a byte for each element
   */
  public RowWeight(
      long[] shape,
      WeightView view,
      RowQuantization quantization,
      DataType type,
      HostBytes codes,
      PlainFactors factors) {
    super(shape, view, type);
    this.quantization = quantization;
    this.codes = codes;
    this.factors = factors;
  }

  @Override
  public String format() {
    return "INT8";
  }

  @Override
  public long bytes() {
    return codes.size() + factors.bytes();
  }

  public RowQuantization quantization() {
    return quantization;
  }

  public ByteBuffer codes() {
    return codes.buffer();
  }

  public PlainFactors factors() {
    return factors;
  }

  @Override
  public void multiply(Kernels kernels, INDArray x, @Nullable INDArray bias, INDArray y) {
    if (quantization.inputs() == RowQuantization.Inputs.AS_THEY_ARE) {
      super.multiply(kernels, x, bias, y);
      return;
    }
    try (INDArray rounded = new RoundedInputs(quantization.threshold()).of(x)) {
      super.multiply(kernels, rounded, bias, y);
    }
  }

  @Override
  WeightRows rows() {
    return new Integers();
  }

  /** Rows that a product may take as codes, too: of one group, without offsets. */
  private final class Integers extends Rows implements IntegerRows {
    @Override
    public ByteBuffer codes() {
      return codes.buffer();
    }

    @Override
    public int bits() {
      return Byte.SIZE;
    }

    @Override
    public boolean signed() {
      return true;
    }

    @Override
    public int groups() {
      return 1;
    }

    @Override
    public int groupSize() {
      return (int) columns();
    }

    @Override
    public int group(int input) {
      return 0;
    }

    @Override
    public void factors(int row, float[] scales, float[] offsets) {
      scales[0] = factors.of(row) * UNIT;
      offsets[0] = 0;
    }
  }

  @Override
  void decode(long first, int count, float[] target, int at) {
    int columns = (int) columns();
    byte[] bytes = new byte[Math.min(columns, count)];
    ByteBuffer buffer = codes.buffer();
    long end = first + count;
    int out = at;
    for (long from = first; from < end; ) {
      int row = (int) (from / columns);
      int size = (int) (Math.min(end, (row + 1L) * columns) - from);
      float factor = factors.of(row);
      buffer.get(Math.toIntExact(from), bytes, 0, size);
      for (int i = 0; i < size; i++) {
        target[out++] = bytes[i] * factor * UNIT;
      }
      from += size;
    }
  }

  @Override
  public void close() {
    codes.close();
    factors.close();
  }
}
