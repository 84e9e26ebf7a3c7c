package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Few rows times a matrix of BFLOAT16 against sums in double precision. */
class HalfProductTest {
  /** The tests of this module start the JVM with the module, so that they run the vector code. */
  @Test
  void testsRunOnVectors() {
    assertThat(VectorUnit.PRESENT).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 512, 64, true, 1, false",
    "1, 8200, 70, true, 1, false",
    "3, 130, 66, true, 0.5, true",
    "4, 62, 102, true, 2, true",
    "1, 64, 512, false, 1, false",
    "2, 70, 8200, false, 1, true",
    "4, 41, 202, false, 0.5, true",
    "1, 100, 42, false, 1, false"
  })
  void productsAreThoseOfDoublePrecision(
      int m, int k, int n, boolean transpose, float alpha, boolean accumulate) {
    INDArray a = Nd4j.rand(DataType.FLOAT, m, k + 3).sub(0.5);
    INDArray x = a.get(NDArrayIndex.all(), NDArrayIndex.interval(0, k));
    INDArray w =
        Nd4j.rand(DataType.FLOAT, transpose ? new long[] {n, k} : new long[] {k, n})
            .sub(0.5)
            .castTo(DataType.BFLOAT16);
    INDArray wide = Nd4j.rand(DataType.FLOAT, m, n + 5);
    INDArray out = wide.get(NDArrayIndex.all(), NDArrayIndex.interval(0, n));
    INDArray before = wide.dup();
    assertThat(HalfProduct.possible(x, w)).isTrue();

    HalfProduct.multiply(x, w, transpose, alpha, accumulate, out);

    INDArray weights = w.castTo(DataType.DOUBLE);
    INDArray expected =
        x.castTo(DataType.DOUBLE).mmul(transpose ? weights.transpose() : weights).mul(alpha);
    for (int i = 0; i < m; i++) {
      for (int j = 0; j < n + 5; j++) {
        double own = before.getDouble(i, j);
        double right = j >= n ? own : expected.getDouble(i, j) + (accumulate ? own : 0);
        assertThat(wide.getDouble(i, j)).as("%d, %d", i, j).isCloseTo(right, within(2e-5));
      }
    }
  }
}
