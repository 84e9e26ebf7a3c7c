package org.peft4j.internal.quantized;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.WeightRows;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.Replacement;
import org.peft4j.weight.WeightView;

/** A matrix W in fewer bits, whose numbers are made when a product needs them. */
public abstract class QuantizedWeight implements FrozenWeight {
  private final long[] shape;
  private final WeightView view;
  private final DataType type;

  /**
   * @param shape of W, [out, in]
   * @param view how a checkpoint's array is seen as W
   * @param type the type of products: FLOAT, BFLOAT16 or DOUBLE
   */
  QuantizedWeight(long[] shape, WeightView view, DataType type) {
    this.shape = shape.clone();
    this.view = view;
    this.type = type;
  }

  /** Writes {@code count} elements from number {@code first} on, row by row; in any thread. */
  abstract void decode(long first, int count, float[] target, int at);

  /** W's rows, as products take them. */
  WeightRows rows() {
    return new Rows();
  }

  /** The type of products. */
  public final DataType type() {
    return type;
  }

  final long columns() {
    return shape[1];
  }

  @Override
  public final long[] storedShape() {
    return view.shape(shape);
  }

  @Override
  public final WeightView view() {
    return view;
  }

  @Override
  public final long[] shape() {
    return shape.clone();
  }

  @Override
  public void multiply(Kernels kernels, INDArray x, @Nullable INDArray bias, INDArray y) {
    kernels.affine(x, rows(), bias, y);
  }

  @Override
  public final void multiplyTransposed(Kernels kernels, INDArray dy, double beta, INDArray dx) {
    kernels.matmul(dy, rows(), beta, dx);
  }

  @Override
  public final void lookUp(Kernels kernels, int[] ids, INDArray y) {
    float[] values = new float[Math.toIntExact(ids.length * shape[1])];
    float[] row = new float[(int) shape[1]];
    for (int i = 0; i < ids.length; i++) {
      decode(ids[i] * shape[1], row.length, row, 0);
      System.arraycopy(row, 0, values, i * row.length, row.length);
    }
    assign(values, y);
  }

  /** A part of a transposed matrix has a piece of each of W's rows. */
  @Override
  public final void read(long from, long to, INDArray part) {
    if (view == WeightView.AS_STORED) {
      float[] values = new float[Math.toIntExact((to - from) * shape[1])];
      decode(from * shape[1], values.length, values, 0);
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

  /** Rows that {@link #decode} makes. */
  class Rows implements WeightRows {
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
      int count = Math.toIntExact((to - from) * shape[1]);
      decode(from * shape[1], count, target, 0);
    }
  }

  @Override
  public Replacement replace(INDArray values) {
    throw new PeftException(
        "A weight in "
            + format()
            + " cannot take an adapter in: rounded again, it would lose most of it. Keep"
            + " the adapter beside it, or merge it into a copy of the base in BF16 or FP32.");
  }
}
