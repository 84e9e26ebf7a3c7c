package org.peft4j.internal.quantized;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.WeightRows;
import org.peft4j.quantization.Quantization;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.Replacement;
import org.peft4j.weight.WeightView;

/**
 * A matrix in 4 bits: two codes in a byte, the first in the upper half, and a factor for each block
 * of consecutive elements of W, row by row. The layout is that of bitsandbytes.
 */
public final class FourBitWeight implements FrozenWeight {
  private final long[] shape;
  private final WeightView view;
  private final Quantization quantization;
  private final DataType type;
  private final HostBytes codes;
  private final Factors factors;
  private final Rows rows = new Rows();

  /**
   * @param shape of W, [out, in]
   * @param view how a checkpoint's array is seen as W
   * @param type the type of products: FLOAT, BFLOAT16 or DOUBLE
   */
  FourBitWeight(
      long[] shape,
      WeightView view,
      Quantization quantization,
      DataType type,
      HostBytes codes,
      Factors factors) {
    this.shape = shape.clone();
    this.view = view;
    this.quantization = quantization;
    this.type = type;
    this.codes = codes;
    this.factors = factors;
  }

  @Override
  public long[] storedShape() {
    return view.shape(shape);
  }

  @Override
  public WeightView view() {
    return view;
  }

  @Override
  public long[] shape() {
    return shape.clone();
  }

  @Override
  public String format() {
    return quantization.format().name();
  }

  @Override
  public long bytes() {
    return codes.size() + factors.bytes();
  }

  /** Two codes for each byte. */
  ByteBuffer codes() {
    return codes.buffer();
  }

  Factors factors() {
    return factors;
  }

  @Override
  public void multiply(Kernels kernels, INDArray x, @Nullable INDArray bias, INDArray y) {
    kernels.affine(x, rows, bias, y);
  }

  @Override
  public void multiplyTransposed(Kernels kernels, INDArray dy, double beta, INDArray dx) {
    kernels.matmul(dy, rows, beta, dx);
  }

  @Override
  public void lookUp(Kernels kernels, int[] ids, INDArray y) {
    float[] values = new float[Math.toIntExact(ids.length * shape[1])];
    float[] row = new float[(int) shape[1]];
    for (int i = 0; i < ids.length; i++) {
      rows.write(ids[i], ids[i] + 1, row);
      System.arraycopy(row, 0, values, i * row.length, row.length);
    }
    assign(values, y);
  }

  /** A part of a transposed matrix has a piece of each of W's rows. */
  @Override
  public void read(long from, long to, INDArray part) {
    if (view == WeightView.AS_STORED) {
      float[] values = new float[Math.toIntExact((to - from) * shape[1])];
      rows.write((int) from, (int) to, values);
      assign(values, part);
      return;
    }
    INDArray target = part.transpose();
    float[] piece = new float[(int) (to - from)];
    for (long row = 0; row < shape[0]; row++) {
      decode(row * shape[1] + from, piece.length, piece, 0);
      assign(piece, target.getRow(row));
    }
  }

  private static void assign(float[] values, INDArray target) {
    try (INDArray made = Nd4j.createFromArray(values)) {
      target.assign(made.reshape('c', target.shape()));
    }
  }

  /** W's rows. */
  private final class Rows implements WeightRows {
    @Override
    public long rows() {
      return shape[0];
    }

    @Override
    public long columns() {
      return shape[1];
    }

    @Override
    public DataType type() {
      return type;
    }

    @Override
    public void write(int from, int to, float[] target) {
      decode(from * shape[1], Math.toIntExact((to - from) * shape[1]), target, 0);
    }
  }

  /** Writes {@code count} elements from number {@code first} on, a block after the other. */
  private void decode(long first, int count, float[] target, int at) {
    int blockSize = quantization.blockSize();
    float[] values = new float[16];
    byte[] bytes = new byte[blockSize / 2 + 1];
    ByteBuffer buffer = codes.buffer();
    long end = first + count;
    int out = at;
    for (long from = first; from < end; ) {
      int block = (int) (from / blockSize);
      int size = (int) (Math.min(end, (block + 1L) * blockSize) - from);
      scale(factors.of(block), values);
      int firstByte = (int) (from >> 1);
      buffer.get(firstByte, bytes, 0, (int) ((from + size - 1) >> 1) - firstByte + 1);
      unpack(bytes, (int) (from & 1), size, values, target, out);
      out += size;
      from += size;
    }
  }

  private void scale(float factor, float[] values) {
    Codebook codebook = Codebook.of(quantization.format());
    for (int code = 0; code < values.length; code++) {
      values[code] = codebook.value(code) * factor;
    }
  }

  private static void unpack(
      byte[] bytes, int skipped, int size, float[] values, float[] target, int at) {
    int end = at + size;
    int from = 0;
    int i = at;
    if (skipped == 1) {
      target[i++] = values[bytes[from++] & 15];
    }
    for (; i + 1 < end; i += 2) {
      byte pair = bytes[from++];
      target[i] = values[pair >> 4 & 15];
      target[i + 1] = values[pair & 15];
    }
    if (i < end) {
      target[i] = values[bytes[from] >> 4 & 15];
    }
  }

  @Override
  public Replacement replace(INDArray values) {
    throw new PeftException(
        "A weight in "
            + format()
            + " cannot take an adapter in: rounded to 4 bits again, it would lose most of it. Keep"
            + " the adapter beside it, or merge it into a copy of the base in BF16 or FP32.");
  }

  @Override
  public void close() {
    codes.close();
    factors.close();
  }
}
