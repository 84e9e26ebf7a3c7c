package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Products, sums of columns, and look-ups of the portable kernels, against plain loops. */
class MatrixKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();

  @ParameterizedTest
  @CsvSource({
    "false, false, 1, 0",
    "true, false, 1, 0",
    "false, true, -2, 1",
    "true, true, 0.5, 3"
  })
  void aProductIsScaledAndAddedToAShareOfWhatWasThere(
      boolean transposeA, boolean transposeB, double alpha, double beta) {
    INDArray a = transposeA ? Values.random(1, 4, 3) : Values.random(1, 3, 4);
    INDArray b = transposeB ? Values.random(2, 2, 4) : Values.random(2, 4, 2);
    INDArray out = Values.random(3, 3, 2);
    double[][] before = Plain.of(out);

    KERNELS.matmul(a, transposeA, b, transposeB, alpha, beta, out);

    double[][] left = transposeA ? Plain.transposed(Plain.of(a)) : Plain.of(a);
    double[][] right = transposeB ? Plain.transposed(Plain.of(b)) : Plain.of(b);
    Plain.assertClose(
        out,
        Plain.each(Plain.product(left, right), before, (p, there) -> alpha * p + beta * there));
  }

  @Test
  void aFactorInHalfPrecisionIsWidened() {
    INDArray a = Values.random(1, 3, 4).castTo(DataType.FLOAT);
    INDArray b = Nd4j.createFromArray(new float[][] {{1, 2}, {0.5f, -3}, {4, 0}, {-1, 0.25f}});
    INDArray out = Nd4j.zeros(DataType.FLOAT, 3, 2);

    KERNELS.matmul(a, false, b.castTo(DataType.BFLOAT16), false, 1, 0, out);

    // All numbers of b have few bits, so that nothing is lost by rounding them.
    Plain.assertClose(out, Plain.product(Plain.of(a), Plain.of(b)), 1e-6);
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void anAffineMapIsAProductAndABias(boolean transpose) {
    INDArray x = Values.random(4, 3, 4);
    INDArray w = transpose ? Values.random(5, 2, 4) : Values.random(5, 4, 2);
    INDArray bias = Values.random(6, 2);
    INDArray y = Values.random(7, 3, 2);

    KERNELS.affine(x, w, transpose, bias, y);

    double[][] rows = transpose ? Plain.of(w) : Plain.transposed(Plain.of(w));
    Plain.assertClose(y, Plain.affine(Plain.of(x), rows, bias.toDoubleVector()));
    KERNELS.affine(x, w, transpose, null, y);
    Plain.assertClose(y, Plain.affine(Plain.of(x), rows, 0, 0));
  }

  @Test
  void aBiasIsAddedToEachRow() {
    INDArray rows = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});

    KERNELS.addBias(rows, Nd4j.createFromArray(10.0, 20.0));

    assertThat(rows).isEqualTo(Nd4j.createFromArray(new double[][] {{11, 22}, {13, 24}}));
  }

  @Test
  void columnsAreSummedOverRows() {
    INDArray a = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}, {5, 6}});
    INDArray b = Nd4j.createFromArray(new double[][] {{1, 0}, {-1, 2}, {10, 1}});
    INDArray sums = Values.random(8, 2);

    KERNELS.columnSums(a, sums);
    assertThat(sums.toDoubleVector()).containsExactly(9, 12);
    KERNELS.columnSumsOfProduct(a, b, sums);
    assertThat(sums.toDoubleVector()).containsExactly(1 - 3 + 50, 0 + 8 + 6);
  }

  @Test
  void columnsAreScaledInPlaceOrElsewhere() {
    INDArray x = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}});
    INDArray l = Nd4j.createFromArray(10.0, -1.0);
    INDArray expected = Nd4j.createFromArray(new double[][] {{10, -2}, {30, -4}});
    INDArray y = Values.random(9, 2, 2);

    KERNELS.scaleColumns(x, l, y);
    assertThat(y).isEqualTo(expected);
    KERNELS.scaleColumns(x, l, x);
    assertThat(x).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"DOUBLE, DOUBLE", "FLOAT, FLOAT", "BFLOAT16, FLOAT"})
  void rowsOfATableAreLookedUpInTheTypeOfTheResult(DataType held, DataType result) {
    INDArray table = Nd4j.createFromArray(new double[][] {{1, 2}, {3, 4}, {5, 6}}).castTo(held);
    INDArray out = Nd4j.zeros(result, 4, 2);

    KERNELS.lookUp(table, new int[] {2, 0, 2, 1}, out);

    assertThat(out)
        .isEqualTo(
            Nd4j.createFromArray(new double[][] {{5, 6}, {1, 2}, {5, 6}, {3, 4}}).castTo(result));
  }

  @Test
  void theGradientOfALookUpAddsTheRowsOfEachIdAndIsZeroElsewhere() {
    INDArray rows = Nd4j.createFromArray(new double[][] {{1, 2}, {10, 20}, {100, 200}});
    INDArray table = Values.random(10, 4, 2);

    KERNELS.lookUpGradient(new int[] {3, 1, 3}, rows, table);

    assertThat(table)
        .isEqualTo(Nd4j.createFromArray(new double[][] {{0, 0}, {10, 20}, {0, 0}, {101, 202}}));
  }
}
