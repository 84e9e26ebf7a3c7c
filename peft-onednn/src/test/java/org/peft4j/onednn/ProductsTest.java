package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.Kernels;
import org.peft4j.testing.Plain;

/** {@code out = alpha·op(a)·op(b) + bias + beta·out} against loops in double precision. */
class ProductsTest {
  private static final Kernels KERNELS = new OneDnnKernels();
  private static final double TOLERANCE = 1e-5;

  static Stream<Arguments> shapes() {
    return Stream.of(
        Arguments.of(1, 1, 1),
        Arguments.of(1, 7, 1),
        Arguments.of(1, 5, 3),
        Arguments.of(7, 1, 3),
        Arguments.of(3, 7, 1),
        Arguments.of(13, 17, 11),
        Arguments.of(2, 64, 31),
        Arguments.of(17, 310, 430),
        Arguments.of(20, 1030, 140));
  }

  private static double[][] expected(
      INDArray a, INDArray b, double alpha, @Nullable INDArray bias, double beta, INDArray out) {
    double[][] product = Plain.product(Plain.of(a), Plain.of(b));
    double[][] before = Plain.of(out);
    for (int i = 0; i < product.length; i++) {
      for (int j = 0; j < product[0].length; j++) {
        double added = bias == null ? 0 : bias.getDouble(j);
        product[i][j] = alpha * product[i][j] + added + (beta == 0 ? 0 : beta * before[i][j]);
      }
    }
    return product;
  }

  @ParameterizedTest(name = "{0} × {1} · {1} × {2}")
  @MethodSource("shapes")
  void everyShapeEitherWayRoundOverwritingAndAdding(int m, int k, int n) {
    INDArray a = Floats.random(1, m, k);
    INDArray b = Floats.random(2, k, n);
    INDArray aTurned = a.transpose().dup('c');
    INDArray bTurned = b.transpose().dup('c');
    for (double beta : new double[] {0, 1}) {
      for (double alpha : new double[] {1, -0.3}) {
        for (int turn = 0; turn < 4; turn++) {
          INDArray out = Floats.random(3, m, n);
          double[][] expected = expected(a, b, alpha, null, beta, out);
          boolean left = turn % 2 == 1;
          boolean right = turn >= 2;

          assertThat(
                  Products.multiply(
                      left ? aTurned : a, left, right ? bTurned : b, right, alpha, beta, null, out))
              .isTrue();
          Plain.assertClose(out, expected, tolerance(k));
        }
      }
    }
  }

  /** Of sums of so many terms. */
  private static double tolerance(int terms) {
    return TOLERANCE * Math.max(1, terms / 100.0);
  }

  @ParameterizedTest(name = "{0} × {1} · {1} × {2}")
  @MethodSource("shapes")
  void aBiasIsAddedToEachRow(int m, int k, int n) {
    INDArray a = Floats.random(1, m, k);
    INDArray b = Floats.random(2, k, n);
    INDArray bias = Floats.random(4, n);
    INDArray out = Floats.random(3, m, n);

    double[][] expected = expected(a, b, 1, bias, 0, out);
    KERNELS.affine(a, b, false, bias, out);
    Plain.assertClose(out, expected, tolerance(k));
  }

  @Test
  void overwritingDoesNotReadWhatWasThere() {
    INDArray out = Floats.zeros(2, 2).assign(Float.NaN);
    INDArray one = Floats.zeros(2, 2).assign(1);
    KERNELS.matmul(one, false, one, false, 1, 0, out);
    assertThat(out).isEqualTo(Floats.zeros(2, 2).assign(2));
  }

  @Test
  void partsOfWiderMatricesLieApart() {
    INDArray a = Floats.random(1, 7, 9).get(interval(1, 6), interval(3, 7));
    INDArray b = Floats.random(2, 11, 8).transpose().get(interval(2, 6), interval(4, 7));
    INDArray wide = Floats.random(3, 5, 8);
    INDArray rest = wide.dup('c');
    INDArray out = wide.get(all(), interval(2, 5));
    double[][] expected = expected(a, b, 1, null, 1, out);

    assertThat(Products.multiply(a, false, b, false, 1, 1, null, out)).isTrue();

    Plain.assertClose(out, expected, TOLERANCE);
    rest.get(all(), interval(2, 5)).assign(out);
    assertThat(wide).isEqualTo(rest);
  }

  @Test
  void aColumnMajorResultIsComputedTheOtherWayRound() {
    INDArray a = Floats.random(1, 5, 4);
    INDArray b = Floats.random(2, 4, 3);
    INDArray out = Floats.random(3, 3, 5).transpose();
    double[][] expected = expected(a, b, 0.5, null, 1, out);

    assertThat(Products.multiply(a, false, b, false, 0.5, 1, null, out)).isTrue();
    Plain.assertClose(out, expected, TOLERANCE);
  }

  /** What oneDNN does not take as it lies: the portable kernels compute it. */
  static Stream<Arguments> refused() {
    INDArray a = Floats.random(1, 4, 4);
    INDArray b = Floats.random(2, 4, 4);
    INDArray every = Floats.random(3, 4, 8).get(all(), NDArrayIndex.interval(0, 2, 8));
    return Stream.of(
        Arguments.of("a factor of what was there", a, b, 0.5, null, Floats.random(4, 4, 4)),
        Arguments.of("gaps between elements", a, every, 0.0, null, Floats.random(4, 4, 4)),
        Arguments.of(
            "a bias of a column-major result",
            a,
            b,
            0.0,
            Floats.random(5, 4),
            Floats.random(4, 4, 4).transpose()),
        Arguments.of(
            "a bias with gaps",
            a,
            b,
            0.0,
            Floats.random(5, 4, 3).get(all(), NDArrayIndex.point(1)),
            Floats.random(4, 4, 4)));
  }

  @ParameterizedTest(name = "{0}", autoCloseArguments = false)
  @MethodSource("refused")
  void whatDoesNotLieDenselyIsComputedNevertheless(
      String name, INDArray a, INDArray b, double beta, @Nullable INDArray bias, INDArray out) {
    double[][] expected = expected(a, b, 1, bias, beta, out);
    if (bias == null) {
      KERNELS.matmul(a, false, b, false, 1, beta, out);
    } else {
      KERNELS.affine(a, b, false, bias, out);
    }
    Plain.assertClose(out, expected, TOLERANCE);
  }

  @Test
  void doublePrecisionStaysDouble() {
    INDArray a = Floats.random(1, 3, 3).castTo(DataType.DOUBLE).addi(1e-10);
    INDArray out = Nd4j.create(DataType.DOUBLE, 3, 3);
    assertThat(Products.multiply(a, false, a, false, 1, 0, null, out)).isFalse();
    KERNELS.matmul(a, false, a, false, 1, 0, out);
    Plain.assertClose(out, Plain.product(Plain.of(a), Plain.of(a)), 1e-14);
  }

  @Test
  void aBiasOfAnotherTypeIsRefusedAndNotMisread() {
    INDArray a = Floats.random(1, 2, 2);
    INDArray bias = Floats.random(2, 2).castTo(DataType.DOUBLE);
    assertThatThrownBy(() -> KERNELS.affine(a, a, false, bias, Floats.zeros(2, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("same data type");
  }

  static Stream<Arguments> halfShapes() {
    return Stream.of(
        Arguments.of(1, 2, 2),
        Arguments.of(1, 8, 6),
        Arguments.of(5, 6, 1),
        Arguments.of(5, 1, 4),
        Arguments.of(7, 13, 11),
        Arguments.of(3, 600, 2048));
  }

  /** Whole numbers, so that every sum is exact whether or not the processor narrows a. */
  @ParameterizedTest(name = "{0} × {1} · {1} × {2}")
  @MethodSource("halfShapes")
  void weightsInBfloat16GiveExactProductsOfWholeNumbers(int m, int k, int n) {
    for (boolean turned : new boolean[] {false, true}) {
      INDArray a = Floats.whole(1, m, k);
      INDArray weight = turned ? Floats.whole(2, n, k) : Floats.whole(2, k, n);
      INDArray bias = Floats.whole(3, n);
      INDArray half = weight.castTo(DataType.BFLOAT16);
      INDArray w = turned ? weight.transpose() : weight;
      for (double beta : new double[] {0, 1}) {
        INDArray out = Floats.whole(4, m, n);
        double[][] expected = expected(a, w, 1, null, beta, out);
        KERNELS.matmul(a, false, half, turned, 1, beta, out);
        Plain.assertClose(out, expected, 0);
      }
      INDArray y = Floats.whole(4, m, n);
      KERNELS.affine(a, half, turned, bias, y);
      Plain.assertClose(y, expected(a, w, 1, bias, 0, y), 0);
    }
  }

  @Test
  void theOtherOperandOfAWeightInBfloat16MayBeTransposed() {
    for (int m : new int[] {1, 4}) {
      INDArray a = Floats.whole(1, 6, m);
      INDArray weight = Floats.whole(2, 6, 8);
      INDArray out = Floats.zeros(m, 8);
      KERNELS.matmul(a, true, weight.castTo(DataType.BFLOAT16), false, 1, 0, out);
      Plain.assertClose(out, expected(a.transpose(), weight, 1, null, 0, out), 0);
    }
  }

  @Test
  void weightsInHalfPrecisionAreWidened() {
    INDArray a = Floats.whole(1, 3, 5);
    INDArray weight = Floats.whole(2, 4, 5);
    INDArray out = Floats.zeros(3, 4);
    KERNELS.matmul(a, false, weight.castTo(DataType.HALF), true, 1, 0, out);
    Plain.assertClose(out, expected(a, weight.transpose(), 1, null, 0, out), 0);
  }
}
