package org.peft4j.lora.internal.algebra;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The directions of a singular value decomposition that matter least. */
public final class SmallestParts {
  private SmallestParts() {}

  /**
   * The left singular vectors of the k smallest singular values of a matrix [rows, columns] of
   * doubles, as columns [rows, k], the smallest last. Signs are arbitrary. Where there are more
   * rows than columns, those of the smallest of {@code columns} values; directions without a value
   * are any that are orthogonal to the others.
   *
   * @param k at most the smaller extent
   */
  public static INDArray left(INDArray matrix, int k) {
    boolean wide = matrix.size(0) <= matrix.size(1);
    INDArray gram = wide ? matrix.mmul(matrix.transpose()) : matrix.transpose().mmul(matrix);
    Eigen eigen = Eigen.of(gram);
    int count = (int) gram.size(0);
    INDArray result = Nd4j.create(DataType.DOUBLE, matrix.size(0), k);
    for (int i = 0; i < k; i++) {
      INDArray vector = eigen.vector(count - k + i);
      INDArray direction =
          wide ? vector : matrix.mmul(vector.reshape(vector.length(), 1)).reshape(matrix.size(0));
      result.putColumn(i, unit(direction, result, i));
    }
    return result;
  }

  /** The direction without its parts along the columns before i, of length 1. */
  private static INDArray unit(INDArray direction, INDArray columns, int i) {
    double length = direction.norm2Number().doubleValue();
    INDArray rest = length > 0 ? direction.div(length) : direction;
    rest = orthogonal(rest, columns, i);
    for (int e = 0; rest.norm2Number().doubleValue() < 0.5 && e < direction.length(); e++) {
      rest = Nd4j.zeros(DataType.DOUBLE, direction.length()).putScalar(e, 1);
      rest = orthogonal(rest, columns, i);
    }
    return rest.div(rest.norm2Number());
  }

  private static INDArray orthogonal(INDArray direction, INDArray columns, int i) {
    INDArray rest = direction.dup();
    for (int j = 0; j < i; j++) {
      INDArray column = columns.getColumn(j).dup();
      rest.subi(column.mul(column.mul(rest).sumNumber()));
    }
    return rest;
  }
}
