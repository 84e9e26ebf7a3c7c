package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.kernel.WeightRows;

/** Rows that threads make side by side, in one piece or several, are those of ND4J's operations. */
class RowMakingTest {
  /** {@code w[i, j] = (i + j/7)/3}: few of them are numbers of BFLOAT16. */
  private record Thirds(long rows, long columns, DataType type) implements WeightRows {
    @Override
    public void write(int from, int to, float[] target) {
      for (int i = from; i < to; i++) {
        for (int j = 0; j < columns; j++) {
          target[(i - from) * (int) columns + j] = (i - j / 7f) / 3;
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 0, FLOAT",
    "5, 7, 3, BFLOAT16",
    "64, 1000, 10, FLOAT",
    "64, 1000, 10, BFLOAT16",
    "3, 20000, 0, BFLOAT16"
  })
  void rowsAreThoseOfTheReference(int rows, int columns, int first, DataType type) {
    Thirds weight = new Thirds(rows + first, columns, type);
    INDArray expected = Nd4j.create(type, rows, columns);
    INDArray actual = Nd4j.create(type, rows, columns);
    new Nd4jKernels().fill(weight, first, expected);

    new OneDnnKernels().fill(weight, first, actual);

    assertThat(actual).isEqualTo(expected);
  }
}
