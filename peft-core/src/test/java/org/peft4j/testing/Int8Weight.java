package org.peft4j.testing;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;
import org.peft4j.weight.DenseWeight;
import org.peft4j.weight.FrozenWeight;
import org.peft4j.weight.Replacement;
import org.peft4j.weight.WeightView;

/**
 * A matrix in 8 bits: {@code W[i, j] = s_i·c_ij} with whole c from −127 to 127, and {@code s_i =
 * max|W[i, :]|/127} for each row as it is stored. Products widen the whole of it. Merging puts a
 * widened copy in its place, unless it is read-only.
 */
public final class Int8Weight implements FrozenWeight {
  private static final int MOST = 127;

  private final long[] shape;
  private final WeightView view;
  private final byte[] codes;
  private final double[] scales;
  private final boolean readOnly;
  private @Nullable DenseWeight standIn;

  private Int8Weight(FrozenWeight weight, boolean readOnly) {
    this.shape = weight.storedShape();
    this.view = weight.view();
    this.readOnly = readOnly;
    this.codes = new byte[Math.toIntExact(weight.count())];
    this.scales = new double[(int) shape[0]];
    try (INDArray values = Nd4j.create(DataType.DOUBLE, shape)) {
      weight.read(values);
      for (int i = 0; i < scales.length; i++) {
        double[] row = values.getRow(i).toDoubleVector();
        for (double value : row) {
          scales[i] = Math.max(scales[i], Math.abs(value) / MOST);
        }
        for (int j = 0; j < row.length; j++) {
          codes[i * row.length + j] = (byte) (scales[i] == 0 ? 0 : Math.round(row[j] / scales[i]));
        }
      }
    }
  }

  /** The nearest in 8 bits to a matrix. */
  public static Int8Weight of(FrozenWeight weight) {
    return new Int8Weight(weight, false);
  }

  /** Like {@link #of} without a way to replace it. */
  public static Int8Weight readOnly(FrozenWeight weight) {
    return new Int8Weight(weight, true);
  }

  @Override
  public long[] storedShape() {
    return shape.clone();
  }

  @Override
  public WeightView view() {
    return view;
  }

  @Override
  public String format() {
    return "INT8";
  }

  @Override
  public long bytes() {
    return codes.length + (long) Double.BYTES * scales.length;
  }

  /** In the type of what it is multiplied with. */
  private INDArray wide(INDArray model) {
    INDArray wide = Scratch.of(model.dataType(), shape());
    widen(wide);
    return wide;
  }

  @Override
  public void multiply(Kernels kernels, INDArray x, @Nullable INDArray bias, INDArray y) {
    INDArray wide = wide(x);
    kernels.affine(x, wide, true, bias, y);
    Scratch.release(wide);
  }

  @Override
  public void multiplyTransposed(Kernels kernels, INDArray dy, double beta, INDArray dx) {
    INDArray wide = wide(dy);
    kernels.matmul(dy, false, wide, false, 1, beta, dx);
    Scratch.release(wide);
  }

  @Override
  public void lookUp(Kernels kernels, int[] rows, INDArray y) {
    for (int i = 0; i < rows.length; i++) {
      read(rows[i], rows[i] + 1L, y.getRow(i).reshape(1, y.size(1)));
    }
  }

  @Override
  public void read(long from, long to, INDArray part) {
    if (standIn != null) {
      standIn.read(from, to, part);
      return;
    }
    int columns = (int) shape[1];
    double[][] rows = new double[(int) (to - from)][columns];
    for (int i = 0; i < rows.length; i++) {
      int row = (int) from + i;
      for (int j = 0; j < columns; j++) {
        rows[i][j] = scales[row] * codes[row * columns + j];
      }
    }
    try (INDArray values = Nd4j.createFromArray(rows)) {
      part.assign(values);
    }
  }

  @Override
  public Replacement replace(INDArray values) {
    if (readOnly) {
      throw new PeftException("A read-only weight cannot be changed.");
    }
    if (standIn != null) {
      throw new IllegalStateException("Replaced already.");
    }
    DenseWeight wide = DenseWeight.of(view.stored(values, shape), view);
    standIn = wide;
    return new Replacement() {
      @Override
      public void suspend() {
        standIn = null;
      }

      @Override
      public void resume() {
        standIn = wide;
      }

      @Override
      public void keep() {
        resume();
      }

      @Override
      public void close() {
        standIn = null;
        wide.close();
      }
    };
  }

  @Override
  public void close() {
    if (standIn != null) {
      standIn.close();
    }
  }
}
