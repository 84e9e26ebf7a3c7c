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
import org.peft4j.testing.Values;

/** The largest parts of a singular value decomposition. */
class PrincipalPartsTest {
  private static INDArray product(PrincipalParts parts) {
    return parts.left().mmul(parts.right());
  }

  private static INDArray identity(long size) {
    return Nd4j.eye(size).castTo(DataType.DOUBLE);
  }

  /** diag(1, 3, 2) turned by permutations: singular values are its entries. */
  @Test
  void singularValuesComeFromTheLargestOn() {
    INDArray matrix = Nd4j.createFromArray(new double[][] {{0, 1, 0}, {3, 0, 0}, {0, 0, 2}});

    PrincipalParts parts = PrincipalParts.of(matrix, 2);

    assertThat(parts.values()).containsExactly(new double[] {3, 2}, within(1e-12));
    assertNear(
        product(parts), Nd4j.createFromArray(new double[][] {{0, 0, 0}, {3, 0, 0}, {0, 0, 2}}));
  }

  @ParameterizedTest
  @CsvSource({"9, 5", "5, 9", "6, 6"})
  void allPartsAreTheMatrix(int rows, int columns) {
    INDArray matrix = Values.random(1, rows, columns);
    int k = Math.min(rows, columns);

    PrincipalParts parts = PrincipalParts.of(matrix, k);

    assertThat(product(parts).distance2(matrix)).isLessThan(1e-10);
    assertThat(parts.right().mmul(parts.right().transpose()).distance2(identity(k)))
        .as("rows of Vᵀ are orthonormal")
        .isLessThan(1e-8);
  }

  /** Eckart and Young: the distance of the nearest matrix of rank 2 is the rest of the values. */
  @ParameterizedTest
  @CsvSource({"9, 5", "5, 9", "6, 6"})
  void someAreTheNearestMatrixOfTheirRank(int rows, int columns) {
    INDArray matrix = Values.random(2, rows, columns);
    double[] all = PrincipalParts.of(matrix, Math.min(rows, columns)).values();
    double rest = 0;
    for (int i = 2; i < all.length; i++) {
      rest += all[i] * all[i];
    }

    double distance = product(PrincipalParts.of(matrix, 2)).distance2(matrix);

    assertThat(distance).isCloseTo(Math.sqrt(rest), within(1e-9));
  }

  @Test
  void aMatrixOfZerosHasPartsOfZeros() {
    PrincipalParts parts = PrincipalParts.of(Values.zeros(2, 4), 2);

    assertThat(parts.values()).containsExactly(0, 0);
    assertThat(product(parts)).isEqualTo(Values.zeros(2, 4));
  }

  @Test
  void aProductsPartsAreThoseOfTheWhole() {
    INDArray b = Values.random(3, 30, 4);
    INDArray a = Values.random(4, 4, 20);

    PrincipalParts three = PrincipalParts.ofProduct(b, a, 3);

    assertThat(three.values())
        .containsExactly(PrincipalParts.of(b.mmul(a), 3).values(), within(1e-9));
    assertThat(product(three).distance2(product(PrincipalParts.of(b.mmul(a), 3)))).isLessThan(1e-9);
  }

  @Test
  void partsBeyondAProductsRankAreZero() {
    INDArray b = Values.random(3, 30, 4);
    INDArray a = Values.random(4, 4, 20);

    PrincipalParts six = PrincipalParts.ofProduct(b, a, 6);

    assertThat(product(six).distance2(b.mmul(a))).isLessThan(1e-9);
    assertThat(six.values()).hasSize(6).endsWith(0, 0);
    assertThat(six.left().getColumn(5)).isEqualTo(Values.zeros(30));
  }

  /** Equal columns: the inner extent says 4, the rank is 1. */
  @Test
  void aProductOfLowerRankThanItsInnerExtentIsExact() {
    INDArray column = Values.random(5, 30, 1);
    INDArray b = Nd4j.concat(1, column, column, column, column);
    INDArray a = Values.random(6, 4, 20);

    PrincipalParts parts = PrincipalParts.ofProduct(b, a, 2);

    assertThat(product(parts).distance2(b.mmul(a))).isLessThan(1e-7);
    assertThat(parts.values()[1]).isCloseTo(0, within(1e-6));
  }

  @Test
  void eigenvaluesOfASymmetricMatrixComeFromTheLargestOn() {
    INDArray symmetric = Nd4j.createFromArray(new double[][] {{2, 1}, {1, 2}});

    Eigen eigen = Eigen.of(symmetric);

    assertThat(eigen.value(0)).isCloseTo(3, within(1e-12));
    assertThat(eigen.value(1)).isCloseTo(1, within(1e-12));
    INDArray first = eigen.vector(0);
    assertThat(first.getDouble(0)).isCloseTo(first.getDouble(1), within(1e-12));
    assertThat(first.norm2Number().doubleValue()).isCloseTo(1, within(1e-12));
    assertThat(symmetric)
        .as("stays as it is")
        .isEqualTo(Nd4j.createFromArray(new double[][] {{2, 1}, {1, 2}}));
  }
}
