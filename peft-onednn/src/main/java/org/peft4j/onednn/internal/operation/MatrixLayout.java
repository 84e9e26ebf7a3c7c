package org.peft4j.onednn.internal.operation;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A matrix in memory with dense rows or dense columns.
 *
 * @param rowStride elements from one row to the next
 * @param columnStride elements from one column to the next
 */
public record MatrixLayout(long rows, long columns, long rowStride, long columnStride) {
  public static MatrixLayout of(INDArray matrix) {
    return new MatrixLayout(matrix.size(0), matrix.size(1), matrix.stride(0), matrix.stride(1));
  }

  public MatrixLayout transposed() {
    return new MatrixLayout(columns, rows, columnStride, rowStride);
  }

  /** The layout with one stride of 1, whatever stride ND4J gives a dimension of size 1. */
  public MatrixLayout normal() {
    if (columns == 1 && columnStride != 1 && rowStride != 1) {
      return new MatrixLayout(rows, columns, rowStride, 1);
    }
    if (rows == 1 && columnStride == 1) {
      return new MatrixLayout(rows, columns, Math.max(columns, 1), 1);
    }
    if (columns == 1 && rowStride == 1) {
      return new MatrixLayout(rows, columns, 1, Math.max(rows, 1));
    }
    return this;
  }

  /** Whether a product can use it without a copy. */
  public boolean dense() {
    return columnStride == 1 && rowStride >= columns || rowStride == 1 && columnStride >= rows;
  }

  public boolean rowMajor() {
    return columnStride == 1;
  }

  /** Whether rows follow each other without gaps. */
  public boolean gapless() {
    return rowMajor() && rowStride == columns;
  }

  public long[] dimensions() {
    return new long[] {rows, columns};
  }

  public long[] strides() {
    return new long[] {rowStride, columnStride};
  }
}
