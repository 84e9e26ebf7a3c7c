package org.peft4j.lora.internal.algebra;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Eigenvalues and eigenvectors of a symmetric matrix of doubles, from the largest on.
 *
 * @param ascending the eigenvalues from the smallest on
 * @param columns the eigenvectors as columns, in the same order
 */
record Eigen(INDArray ascending, INDArray columns) {
  static Eigen of(INDArray symmetric) {
    INDArray vectors = symmetric.castTo(DataType.DOUBLE).dup('f');
    INDArray values = Nd4j.create(DataType.DOUBLE, symmetric.size(0));
    int failed = Nd4j.getBlasWrapper().lapack().syev('V', 'U', vectors, values);
    if (failed != 0) {
      throw new IllegalStateException(
          "No eigenvectors of a matrix " + symmetric.size(0) + " wide: LAPACK syev " + failed);
    }
    return new Eigen(values, vectors);
  }

  double value(int i) {
    return ascending.getDouble(ascending.length() - 1 - i);
  }

  INDArray vector(int i) {
    return columns.getColumn(columns.size(1) - 1 - i).dup();
  }
}
