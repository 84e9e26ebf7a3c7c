package org.peft4j.onednn.internal.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.Floats;
import org.peft4j.onednn.OneDnnKernels;

/** Products in parts of columns, against sums in double precision. */
class ColumnPartsTest {
  private static final Kernels KERNELS = new OneDnnKernels();

  private static double[] product(INDArray a, INDArray b, double alpha, INDArray added) {
    double[] sums = new double[(int) added.length()];
    double[][] left = a.castTo(DataType.DOUBLE).toDoubleMatrix();
    double[][] right = b.castTo(DataType.DOUBLE).toDoubleMatrix();
    int columns = right[0].length;
    for (int i = 0; i < left.length; i++) {
      for (int k = 0; k < right.length; k++) {
        double factor = alpha * left[i][k];
        for (int j = 0; j < columns; j++) {
          sums[i * columns + j] += factor * right[k][j];
        }
      }
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] += added.getDouble(i / columns, i % columns);
    }
    return sums;
  }

  /**
   * Rows that alias, and others; columns in two, three and seventeen parts, and a prime number of
   * them, which stay together; parts of wider rows. The last is large enough for {@code sgemm} with
   * vectors of 512 bits.
   */
  @ParameterizedTest
  @CsvSource({
    "16, 300, 1536, 1536",
    "33, 700, 2560, 2560",
    "40, 600, 1000, 1024",
    "17, 600, 1207, 1536",
    "18, 32, 1023, 1024",
    "19, 33, 1213, 1536",
    "20, 500, 2600, 3072",
    "31, 300, 768, 768",
    "300, 40, 2304, 2304",
    "1100, 40, 1100, 1104"
  })
  void productsAreThoseOfDoubles(int rows, int terms, int columns, int stride) {
    INDArray a = Floats.random(1, rows, terms);
    INDArray b = Floats.random(2, terms, stride).get(all(), interval(0, columns));
    INDArray bias = Floats.random(3, 1, columns);
    INDArray y = Floats.random(4, rows, columns);
    double[] added = product(a, b, 0.5, y);
    double[] biased = product(a, b, 1, Floats.zeros(rows, columns).addRowVector(bias));
    double tolerance = 1e-6 * terms;

    KERNELS.matmul(a, false, b, false, 0.5, 1, y);
    Floats.assertElements(y, added, tolerance);
    KERNELS.affine(a, b, false, bias.reshape(columns), y);
    Floats.assertElements(y, biased, tolerance);
  }

  /** A bias cannot be added to such a result afterwards. */
  @ParameterizedTest
  @CsvSource({"20, 1536", "1100, 1100"})
  void aResultWithABiasMayBePartOfWiderRows(int rows, int columns) {
    INDArray a = Floats.random(1, rows, 40);
    INDArray b = Floats.random(2, 40, columns);
    INDArray bias = Floats.random(3, 1, columns);
    INDArray wide = Floats.random(4, rows, columns + 3);
    INDArray before = wide.dup('c');
    double[] expected = product(a, b, 1, Floats.zeros(rows, columns).addRowVector(bias));

    KERNELS.affine(a, b, false, bias.reshape(columns), wide.get(all(), interval(1, columns + 1)));

    Floats.assertElements(wide.get(all(), interval(1, columns + 1)).dup('c'), expected, 1e-4);
    for (int column : new int[] {0, columns + 1, columns + 2}) {
      assertThat(wide.getColumn(column)).isEqualTo(before.getColumn(column));
    }
  }

  @ParameterizedTest
  @CsvSource({"768, 2", "1023, 3", "50257, 29", "1207, 17", "1213, 1", "128, 2", "127, 1", "1, 1"})
  void partsAreEqual(long columns, long count) {
    assertThat(ColumnParts.count(columns)).isEqualTo(count);
  }
}
