package org.peft4j.lora.internal.dora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.lora.internal.Changes.assertNear;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.Values;
import org.peft4j.weight.DenseWeight;

/** A frozen matrix whose rows have the norms 5, 0 and 13, as stored and turned. */
class DirectedRowsTest {
  private static final Kernels KERNELS = new Nd4jKernels();

  private enum Stored {
    AS_ROWS,
    TURNED
  }

  private static INDArray matrix() {
    return Nd4j.createFromArray(new double[][] {{3, 4, 0, 0}, {0, 0, 0, 0}, {0, 12, 3, 4}});
  }

  private static DirectedRows rows(Stored stored) {
    return stored == Stored.AS_ROWS
        ? new DirectedRows(DenseWeight.of(matrix()), false)
        : new DirectedRows(DenseWeight.of(matrix().transpose().dup('c')), true);
  }

  @ParameterizedTest
  @EnumSource
  void normsAreThoseOfTheRows(Stored stored) {
    assertThat(rows(stored).squaredNorms(DataType.DOUBLE).toDoubleVector())
        .containsExactly(25, 0, 169);
  }

  @ParameterizedTest
  @EnumSource
  void theProductIsTheSame(Stored stored) {
    INDArray x = Values.random(1, 2, 4);
    INDArray y = Values.zeros(2, 3);

    rows(stored).forward(KERNELS, x, y);

    assertNear(y, x.mmul(matrix().transpose()));
  }

  @ParameterizedTest
  @EnumSource
  void aCopyIsTheMatrixInAnotherPrecision(Stored stored) {
    assertThat(rows(stored).copy(DataType.FLOAT).castTo(DataType.DOUBLE).dup('c'))
        .isEqualTo(matrix());
  }

  @Test
  void aKernelOfOneOutputIsARow() {
    INDArray kernel = Values.random(2, 3, 2, 2, 1);
    DirectedRows rows = new DirectedRows(DenseWeight.of(kernel), false);

    INDArray squares = rows.squaredNorms(DataType.DOUBLE);

    INDArray expected = kernel.reshape('c', 3, 4).norm2(1);
    assertNear(squares, expected.mul(expected));
    assertNear(rows.copy(DataType.DOUBLE), kernel.reshape('c', 3, 4));
  }

  /** Where a norm is 0 the row stays 0, whatever its magnitude. */
  @Test
  void theDivisorOfARowOfZerosIsInfinite() {
    DoraNorm norm = new DoraNorm(() -> rows(Stored.AS_ROWS), 1);
    INDArray a = Values.random(3, 2, 4);
    INDArray none = Values.zeros(3, 2);

    assertThat(norm.norms(KERNELS, a, none).toDoubleVector()).containsExactly(5, 0, 13);
    assertThat(norm.divisor(KERNELS, a, none).toDoubleVector())
        .containsExactly(5, Double.POSITIVE_INFINITY, 13);
  }

  /** Norms are kept as long as A and B are equal, and the caller may change what it gets. */
  @Test
  void theDivisorFollowsTheFactors() {
    DoraNorm norm = new DoraNorm(() -> rows(Stored.AS_ROWS), 0.5);
    INDArray a = Values.random(4, 2, 4);
    INDArray b = Values.random(5, 3, 2);
    INDArray expected = matrix().add(b.mmul(a).mul(0.5)).norm2(1);

    norm.divisor(KERNELS, a, b).assign(0);
    assertNear(norm.divisor(KERNELS, a, b), expected);

    b.muli(2);
    assertNear(norm.divisor(KERNELS, a, b), matrix().add(b.mmul(a).mul(0.5)).norm2(1));
  }
}
