package org.peft4j.transformers.internal.position;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Positions that are computed (Vaswani et al., 2017). Row p of a table of width d is, with
 * frequencies {@code f(k) = 10000^(−2k/d)},
 *
 * <pre>sin(p·f(0)), sin(p·f(1)), …, cos(p·f(0)), cos(p·f(1)), …</pre>
 *
 * <p>with one sine more than cosines where d is odd.
 */
public final class Sinusoids {
  private Sinusoids() {}

  /** Writes all rows of a table [positions, width]. */
  public static void fill(INDArray table) {
    for (long row = 0; row < table.size(0); row++) {
      try (INDArray values = Nd4j.createFromArray(row(row, (int) table.size(1)))) {
        table.get(NDArrayIndex.point(row)).assign(values.castTo(DataType.FLOAT));
      }
    }
  }

  /** Row {@code position}. */
  public static float[] row(long position, int width) {
    float[] row = new float[width];
    int sines = (width + 1) / 2;
    for (int k = 0; k < sines; k++) {
      double angle = position / Math.pow(10_000, 2.0 * k / width);
      row[k] = (float) Math.sin(angle);
      if (sines + k < width) {
        row[sines + k] = (float) Math.cos(angle);
      }
    }
    return row;
  }
}
