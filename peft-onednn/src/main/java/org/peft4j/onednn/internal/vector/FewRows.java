package org.peft4j.onednn.internal.vector;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.onednn.internal.Address;

/** The few rows that a product has on its left, and those that it makes: row-major matrices. */
public final class FewRows {
  /** The most rows: each costs as much arithmetic as the first. */
  static final int MOST = 4;

  /** A matrix with fewer elements is not worth it. */
  public static final long LEAST = 1 << 12;

  private final FloatBuffer numbers;
  private final int stride;
  private final int columns;
  private final float alpha;
  private final boolean accumulate;

  /**
   * Rows that receive {@code alpha} times a sum, or to which it is added.
   *
   * @param out [rows, columns]
   */
  public FewRows(INDArray out, float alpha, boolean accumulate) {
    numbers = numbers(out);
    stride = (int) out.stride(0);
    columns = (int) out.size(1);
    this.alpha = alpha;
    this.accumulate = accumulate;
  }

  /** Whether there are few of them, without gaps between the elements of a row. */
  public static boolean are(INDArray matrix) {
    return matrix.size(0) <= MOST
        && (matrix.size(1) == 1 || matrix.stride(1) == 1)
        && (matrix.size(0) == 1 || matrix.stride(0) >= matrix.size(1));
  }

  /** Copies of the rows. */
  public static float[][] of(INDArray matrix) {
    float[][] rows = new float[(int) matrix.size(0)][(int) matrix.size(1)];
    FloatBuffer numbers = numbers(matrix);
    for (int row = 0; row < rows.length; row++) {
      numbers.get((int) (row * matrix.stride(0)), rows[row]);
    }
    return rows;
  }

  private static FloatBuffer numbers(INDArray matrix) {
    return Address.floats(matrix, (matrix.size(0) - 1) * matrix.stride(0) + matrix.size(1));
  }

  int columns() {
    return columns;
  }

  public void put(int row, int column, float sum) {
    int at = row * stride + column;
    numbers.put(at, alpha * sum + (accumulate ? numbers.get(at) : 0));
  }
}
