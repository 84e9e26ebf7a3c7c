package org.peft4j.onednn.internal.operation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.onednn.Floats;

/** How a matrix lies in memory, and which of that a product takes as it lies. */
class MatrixLayoutTest {
  @Test
  void itIsThatOfTheArray() {
    INDArray wide = Floats.zeros(3, 7);
    INDArray part = wide.get(NDArrayIndex.all(), NDArrayIndex.interval(2, 6));

    assertThat(MatrixLayout.of(wide)).isEqualTo(new MatrixLayout(3, 7, 7, 1));
    assertThat(MatrixLayout.of(part)).isEqualTo(new MatrixLayout(3, 4, 7, 1));
    assertThat(MatrixLayout.of(part.transpose())).isEqualTo(new MatrixLayout(4, 3, 1, 7));
    assertThat(MatrixLayout.of(part).transposed()).isEqualTo(new MatrixLayout(4, 3, 1, 7));
  }

  @ParameterizedTest
  @CsvSource({
    "3, 4, 4, 1, true, row-major",
    "3, 4, 9, 1, true, rows of a wider matrix",
    "3, 4, 1, 3, true, column-major",
    "3, 4, 1, 8, true, columns of a higher matrix",
    "3, 4, 8, 2, false, every other column",
    "3, 4, 2, 6, false, every other row",
    "3, 4, 3, 1, false, rows that overlap"
  })
  void aProductTakesDenseRowsOrDenseColumns(
      long rows, long columns, long rowStride, long columnStride, boolean dense, String name) {
    MatrixLayout layout = new MatrixLayout(rows, columns, rowStride, columnStride);
    assertThat(layout.dense()).as(name).isEqualTo(dense);
    assertThat(layout.transposed().dense()).as("%s, transposed", name).isEqualTo(dense);
  }

  /** ND4J may give a dimension of size 1 any stride. */
  @ParameterizedTest
  @CsvSource({
    "1, 4, 77, 1, 4, 1",
    "1, 4, 1, 1, 4, 1",
    "4, 1, 1, 77, 1, 4",
    "4, 1, 9, 77, 9, 1",
    "1, 1, 1, 1, 1, 1",
    "3, 4, 9, 1, 9, 1"
  })
  void aDimensionOfSizeOneGetsAStrideThatFits(
      long rows, long columns, long rowStride, long columnStride, long newRow, long newColumn) {
    MatrixLayout layout = new MatrixLayout(rows, columns, rowStride, columnStride).normal();
    assertThat(layout.strides()).containsExactly(newRow, newColumn);
    assertThat(layout.dimensions()).containsExactly(rows, columns);
    assertThat(layout.dense()).isTrue();
  }
}
