package org.peft4j.lora.internal.algebra;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The k largest parts of a singular value decomposition, {@code U·S·Vᵀ}: the closest matrix of rank
 * k (Eckart and Young 1936). Signs are arbitrary and cancel in the product.
 *
 * @param left U·S, [rows, k]
 * @param values S, [k], from the largest on
 * @param right Vᵀ, [k, columns]
 */
public record PrincipalParts(INDArray left, double[] values, INDArray right) {
  /**
   * Decomposes a matrix of doubles, by the eigenvectors of its smaller Gram matrix: seconds for a
   * thousand rows, eight times as long for twice as many. Rounding loses values below 1e-8 of the
   * largest.
   *
   * @param k at most the smaller extent
   */
  public static PrincipalParts of(INDArray matrix, int k) {
    if (matrix.size(0) < matrix.size(1)) {
      PrincipalParts other = of(matrix.transpose().dup('c'), k);
      INDArray left = other.right().transpose().dup('c');
      INDArray right = other.left().transpose().dup('c');
      for (int i = 0; i < k; i++) {
        left.getColumn(i).muli(other.values()[i]);
        right.getRow(i).muli(other.values()[i] == 0 ? 0 : 1 / other.values()[i]);
      }
      return new PrincipalParts(left, other.values(), right);
    }
    Eigen eigen = Eigen.of(matrix.transpose().mmul(matrix));
    double[] values = new double[k];
    INDArray right = Nd4j.create(DataType.DOUBLE, k, matrix.size(1));
    for (int i = 0; i < k; i++) {
      values[i] = Math.sqrt(Math.max(0, eigen.value(i)));
      right.putRow(i, eigen.vector(i));
    }
    return new PrincipalParts(matrix.mmul(right.transpose()), values, right);
  }

  /**
   * Decomposes a product b·a of doubles, without computing it if its inner extent is the smallest.
   *
   * @param b [rows, r]
   * @param a [r, columns]
   * @param k at most the smaller extent of the product; parts beyond its rank are zero
   */
  public static PrincipalParts ofProduct(INDArray b, INDArray a, int k) {
    if (a.size(0) >= Math.min(b.size(0), a.size(1))) {
      return of(b.mmul(a), k);
    }
    Basis columns = Basis.of(b);
    Basis rows = Basis.of(a.transpose().dup('c'));
    INDArray core = columns.inner().mmul(rows.inner().transpose());
    int inner = (int) Math.min(Math.min(core.size(0), core.size(1)), k);
    PrincipalParts parts = of(core, inner);
    INDArray left = Nd4j.zeros(DataType.DOUBLE, b.size(0), k);
    INDArray right = Nd4j.zeros(DataType.DOUBLE, k, a.size(1));
    left.get(NDArrayIndex.all(), NDArrayIndex.interval(0, inner))
        .assign(columns.outer().mmul(parts.left()));
    right
        .get(NDArrayIndex.interval(0, inner), NDArrayIndex.all())
        .assign(parts.right().mmul(rows.outer().transpose()));
    return new PrincipalParts(left, Arrays.copyOf(parts.values(), k), right);
  }

  /**
   * A matrix as {@code outer·inner}; the columns of outer are orthonormal.
   *
   * @param outer [rows, n]
   * @param inner [n, columns]
   */
  private record Basis(INDArray outer, INDArray inner) {
    /** A bound on squares: smaller directions are rounding errors and left out. */
    private static final double NOISE = 1e-15;

    static Basis of(INDArray tall) {
      Eigen eigen = Eigen.of(tall.transpose().mmul(tall));
      int count = 1;
      while (count < tall.size(1) && eigen.value(count) > NOISE * eigen.value(0)) {
        count++;
      }
      INDArray outer = Nd4j.create(DataType.DOUBLE, tall.size(0), count);
      INDArray inner = Nd4j.create(DataType.DOUBLE, count, tall.size(1));
      for (int i = 0; i < count; i++) {
        double value = Math.sqrt(Math.max(0, eigen.value(i)));
        INDArray vector = eigen.vector(i);
        INDArray direction = tall.mmul(vector.reshape(vector.length(), 1));
        outer.putColumn(i, value == 0 ? direction : direction.div(value));
        inner.putRow(i, vector.mul(value));
      }
      return new Basis(outer, inner);
    }
  }
}
