package org.peft4j.onednn.internal.operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.onednn.internal.Address;

/** Products of several matrices are those of double precision, whichever operation makes them. */
class BatchProductTest {
  private static final double ERROR = 1e-6;

  /** Few terms and many, on both sides of what is summed at once. */
  @ParameterizedTest
  @CsvSource({
    "3, 20, 30, 40, true",
    "3, 20, 30, 40, false",
    "2, 17, 33, 96, false",
    "2, 64, 45, 255, true",
    "2, 64, 45, 256, true",
    "2, 33, 20, 600, true",
    "2, 33, 20, 600, false",
    "1, 600, 640, 300, true"
  })
  void productsAreThoseOfDoublePrecision(
      int count, int rows, int columns, int sums, boolean transposed) {
    Nd4j.getRandom().setSeed(1);
    INDArray a = Nd4j.randn(DataType.FLOAT, count, rows, sums);
    INDArray b =
        transposed
            ? Nd4j.randn(DataType.FLOAT, count, columns, sums)
            : Nd4j.randn(DataType.FLOAT, count, sums, columns);
    INDArray out = Nd4j.create(DataType.FLOAT, count, rows, columns);
    BatchProduct product = BatchProduct.dense(count, rows, columns, sums, transposed);

    BatchProduct.run(product, Address.of(a), Address.of(b), Address.of(out));

    for (int matrix = 0; matrix < count; matrix++) {
      for (int i = 0; i < rows; i += 7) {
        for (int j = 0; j < columns; j += 3) {
          double sum = 0;
          double sizes = 0;
          for (int k = 0; k < sums; k++) {
            double other = transposed ? b.getDouble(matrix, j, k) : b.getDouble(matrix, k, j);
            double term = a.getDouble(matrix, i, k) * other;
            sum += term;
            sizes += Math.abs(term);
          }
          assertThat(out.getDouble(matrix, i, j)).isCloseTo(sum, within(ERROR * sizes));
        }
      }
    }
  }
}
