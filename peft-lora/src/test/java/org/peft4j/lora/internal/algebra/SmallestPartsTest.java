package org.peft4j.lora.internal.algebra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.testing.Values;

/** The directions of a matrix with the smallest singular values. */
class SmallestPartsTest {
  /** Rows of length 1, 3 and 2 at right angles: the directions are the axes. */
  @Test
  void theSmallestComesLast() {
    INDArray matrix = Nd4j.createFromArray(new double[][] {{0, 1, 0}, {3, 0, 0}, {0, 0, 2}});

    INDArray left = Transforms.abs(SmallestParts.left(matrix, 2));

    assertNear(left, Nd4j.createFromArray(new double[][] {{0, 1}, {0, 0}, {1, 0}}));
  }

  @ParameterizedTest
  @CsvSource({"9, 5, 3", "5, 9, 3", "6, 6, 6"})
  void whatTheyLeaveOfTheMatrixIsItsSmallestValues(int rows, int columns, int k) {
    INDArray matrix = Values.random(1, rows, columns);
    PrincipalParts all = PrincipalParts.of(matrix, Math.min(rows, columns));

    INDArray left = SmallestParts.left(matrix, k);

    assertNear(left.transpose().mmul(left), Nd4j.eye(k).castTo(DataType.DOUBLE));
    INDArray seen = left.transpose().mmul(matrix);
    for (int i = 0; i < k; i++) {
      assertThat(seen.getRow(i).norm2Number().doubleValue())
          .isCloseTo(all.values()[all.values().length - k + i], within(1e-9));
    }
  }

  @Test
  void aTallMatrixWithoutRankGivesDirectionsAtRightAngles() {
    INDArray left = SmallestParts.left(Nd4j.zeros(DataType.DOUBLE, 5, 3), 3);

    assertNear(left.transpose().mmul(left), Nd4j.eye(3).castTo(DataType.DOUBLE));
  }
}
