package org.peft4j.onednn.internal;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The rows of a matrix in single precision, each without gaps inside.
 *
 * @param step numbers from one row to the next
 */
public record MatrixRows(FloatBuffer numbers, int step, int columns) {
  /** Whether x is a FLOAT matrix of such rows, and has a Java buffer's size at most. */
  public static boolean possible(INDArray x) {
    return x.rank() == 2
        && x.dataType() == DataType.FLOAT
        && x.length() > 0
        && x.stride(1) == 1
        && x.stride(0) >= x.size(1)
        && extent(x) <= Integer.MAX_VALUE / Float.BYTES;
  }

  public static MatrixRows of(INDArray x) {
    return new MatrixRows(Address.floats(x, extent(x)), (int) x.stride(0), (int) x.size(1));
  }

  private static long extent(INDArray x) {
    return (x.size(0) - 1) * x.stride(0) + x.size(1);
  }

  /**
   * Copies {@code count} rows from {@code from} on to those of another matrix from {@code at} on.
   */
  public void copy(int from, int count, MatrixRows to, int at) {
    for (int i = 0; i < count; i++) {
      to.numbers.put((at + i) * to.step, numbers, (from + i) * step, columns);
    }
  }
}
