package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.testing.Plain;

/** Products with a matrix that is made in rows are those with the whole matrix. */
class PanelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();

  /** The last two need more than one panel of 8 MB, the very last one ends with a smaller panel. */
  @ParameterizedTest
  @CsvSource({
    "1, 3, 5, FLOAT",
    "4, 6, 2, DOUBLE",
    "3, 8, 8, BFLOAT16",
    "2, 4096, 1024, FLOAT",
    "3, 1100, 2048, DOUBLE"
  })
  void productsAreThoseOfTheWholeMatrix(int n, int out, int in, DataType type) {
    WholeRows rows = new WholeRows(out, in, type);
    DataType outer = type == DataType.BFLOAT16 ? DataType.FLOAT : type;
    INDArray x = whole(n, in).castTo(outer);
    INDArray bias = whole(1, out).reshape(out).castTo(outer);
    INDArray y = Nd4j.create(outer, n, out);

    KERNELS.affine(x, rows, bias, y);

    double[][] product = Plain.product(Plain.of(x), Plain.transposed(rows.whole()));
    INDArray expected = Nd4j.createFromArray(product).castTo(outer).addRowVector(bias);
    assertThat(y).isEqualTo(expected);

    KERNELS.affine(x, rows, null, y);
    assertThat(y).isEqualTo(expected.subRowVector(bias));
  }

  @ParameterizedTest
  @CsvSource({"1, 3, 5, FLOAT", "4, 6, 2, DOUBLE", "3, 1100, 2048, DOUBLE"})
  void gradientsOverwriteOrAdd(int n, int out, int in, DataType type) {
    WholeRows rows = new WholeRows(out, in, type);
    INDArray dy = whole(n, out).castTo(type);
    INDArray dx = Nd4j.ones(type, n, in);

    KERNELS.matmul(dy, rows, 1, dx);

    INDArray expected =
        Nd4j.createFromArray(Plain.product(Plain.of(dy), rows.whole())).castTo(type);
    assertThat(dx).isEqualTo(expected.add(1));
    KERNELS.matmul(dy, rows, 0, dx);
    assertThat(dx).isEqualTo(expected);
  }

  private static INDArray whole(int rows, int columns) {
    double[][] values = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        values[i][j] = (i * 5 + j * 2) % 7 - 3;
      }
    }
    return Nd4j.createFromArray(values);
  }
}
