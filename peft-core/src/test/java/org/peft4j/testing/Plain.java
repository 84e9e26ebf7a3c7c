package org.peft4j.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Matrices in plain loops, from which tests compute what they expect. */
public final class Plain {
  private static final double TOLERANCE = 1e-10;

  private Plain() {}

  /** {@code a·b}. */
  public static double[][] product(double[][] a, double[][] b) {
    double[][] c = new double[a.length][b[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b[0].length; j++) {
        for (int k = 0; k < b.length; k++) {
          c[i][j] += a[i][k] * b[k][j];
        }
      }
    }
    return c;
  }

  /** {@code aᵀ}. */
  public static double[][] transposed(double[][] a) {
    double[][] t = new double[a[0].length][a.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        t[j][i] = a[i][j];
      }
    }
    return t;
  }

  /** {@code f} of each pair of entries. */
  public static double[][] each(double[][] a, double[][] b, DoubleBinaryOperator f) {
    double[][] c = new double[a.length][a[0].length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < a[0].length; j++) {
        c[i][j] = f.applyAsDouble(a[i][j], b[i][j]);
      }
    }
    return c;
  }

  /** {@code f} of each entry. */
  public static double[][] each(double[][] a, DoubleUnaryOperator f) {
    return each(a, a, (x, same) -> f.applyAsDouble(x));
  }

  /** {@code a + b}. */
  public static double[][] sum(double[][] a, double[][] b) {
    return each(a, b, Double::sum);
  }

  /** {@code x·Wᵀ + b}, the linear map of PyTorch: x [rows, in], W [out, in], b [out]. */
  public static double[][] affine(double[][] x, double[][] w, double... b) {
    double[][] y = product(x, transposed(w));
    for (double[] row : y) {
      for (int j = 0; j < row.length; j++) {
        row[j] += b[j];
      }
    }
    return y;
  }

  /** The Kronecker product: block (i, j) is {@code a[i][j]·b}. */
  public static double[][] kronecker(double[][] a, double[][] b) {
    double[][] c = new double[a.length * b.length][a[0].length * b[0].length];
    for (int i = 0; i < c.length; i++) {
      for (int j = 0; j < c[0].length; j++) {
        c[i][j] = a[i / b.length][j / b[0].length] * b[i % b.length][j % b[0].length];
      }
    }
    return c;
  }

  /** The entries of a matrix of two dimensions. */
  public static double[][] of(INDArray array) {
    return array.toDoubleMatrix();
  }

  /** Asserts that a matrix is {@code expected} up to rounding in double precision. */
  public static void assertClose(INDArray actual, double[][] expected) {
    assertClose(actual, expected, TOLERANCE);
  }

  /** Asserts that a matrix is {@code expected} up to {@code tolerance}. */
  public static void assertClose(INDArray actual, double[][] expected, double tolerance) {
    assertThat(actual.shape()).containsExactly(expected.length, expected[0].length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual.getRow(i).toDoubleVector())
          .as("row %d", i)
          .containsExactly(expected[i], within(tolerance));
    }
  }
}
