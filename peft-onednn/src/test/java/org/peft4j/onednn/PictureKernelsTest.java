package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Convolution;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.picture.Patches;
import org.peft4j.onednn.internal.vector.VectorUnit;

/** Convolutions and norms of pictures are those of the portable kernels. */
class PictureKernelsTest {
  private static final Kernels FAST = new OneDnnKernels();
  private static final Kernels PORTABLE = new Nd4jKernels();
  private static final double TOLERANCE = 1e-5;

  /**
   * A case.
   *
   * @param in channels in
   * @param out channels out
   */
  record Case(Window window, int height, int width, int in, int out) {
    Convolution shape() {
      return new Convolution(window, height, width);
    }

    long rows() {
      return 2L * height * width;
    }

    long outputRows() {
      return shape().rows(rows());
    }

    long elements() {
      return (long) in * window.kernelHeight() * window.kernelWidth();
    }
  }

  static List<Case> cases() {
    return List.of(
        new Case(Window.square(3, 1, 1), 20, 20, 32, 48),
        new Case(Window.square(3, 1, 1), 12, 12, 32, 48),
        new Case(Window.square(3, 1, 1), 8, 8, 32, 48),
        new Case(Window.square(3, 2, 1), 9, 6, 32, 40),
        new Case(new Window(3, 3, 2, 0, 0, 1, 1), 8, 6, 32, 24),
        new Case(new Window(2, 3, 1, 1, 0, 0, 2), 5, 4, 40, 32),
        new Case(Window.square(3, 1, 1), 7, 5, 4, 20),
        new Case(Window.square(3, 2, 1), 9, 6, 16, 16),
        new Case(new Window(3, 3, 2, 0, 0, 1, 1), 8, 6, 16, 12),
        new Case(Window.square(3, 1, 1), 6, 6, 24, 3),
        new Case(Window.square(5, 1, 2), 6, 7, 3, 8),
        new Case(new Window(2, 3, 1, 1, 0, 0, 2), 5, 4, 3, 2));
  }

  private static INDArray random(int seed, long... shape) {
    Nd4j.getRandom().setSeed(seed);
    return Nd4j.randn(DataType.FLOAT, shape);
  }

  private static void assertClose(INDArray actual, INDArray expected, double tolerance) {
    double difference = actual.sub(expected).amaxNumber().doubleValue();
    assertThat(difference / expected.amaxNumber().doubleValue()).isLessThan(tolerance);
  }

  private static INDArray forward(
      Kernels kernels, Case each, INDArray w, @Nullable INDArray bias, double beta) {
    INDArray y = random(9, each.outputRows(), each.out());
    kernels.convolution(each.shape(), random(1, each.rows(), each.in()), w, bias, beta, y);
    return y;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void convolutionsAreThePortableOnes(Case each) {
    INDArray w = random(2, each.out(), each.elements());
    INDArray b = random(3, each.out());
    assertClose(forward(FAST, each, w, b, 0), forward(PORTABLE, each, w, b, 0), TOLERANCE);
    assertClose(forward(FAST, each, w, null, 1), forward(PORTABLE, each, w, null, 1), TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsAreThePortableOnes(Case each) {
    INDArray w = random(2, each.out(), each.elements());
    INDArray x = random(1, each.rows(), each.in());
    INDArray dy = random(4, each.outputRows(), each.out());
    for (int beta = 0; beta < 2; beta++) {
      INDArray fast = random(5, x.shape());
      INDArray portable = fast.dup();
      FAST.convolutionInputGradient(each.shape(), dy, w, beta, fast);
      PORTABLE.convolutionInputGradient(each.shape(), dy, w, beta, portable);
      assertClose(fast, portable, TOLERANCE);
    }
    INDArray fast = random(6, w.shape());
    INDArray portable = random(7, w.shape());
    FAST.convolutionWeightGradient(each.shape(), x, dy, fast);
    PORTABLE.convolutionWeightGradient(each.shape(), x, dy, portable);
    assertClose(fast, portable, TOLERANCE);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void weightsMayBeInHalfPrecision(Case each) {
    INDArray w = random(2, each.out(), each.elements()).castTo(DataType.BFLOAT16);
    INDArray wide = w.castTo(DataType.FLOAT);
    INDArray b = random(3, each.out());
    double tolerance = Processor.HALF ? 1e-2 : TOLERANCE;
    assertClose(forward(FAST, each, w, b, 0), forward(PORTABLE, each, wide, b, 0), tolerance);
    INDArray dy = random(4, each.outputRows(), each.out());
    INDArray fast = random(5, each.rows(), each.in());
    INDArray portable = fast.dup();
    FAST.convolutionInputGradient(each.shape(), dy, w, 0, fast);
    PORTABLE.convolutionInputGradient(each.shape(), dy, wide, 0, portable);
    assertClose(fast, portable, tolerance);
  }

  @Test
  void smallPicturesWithLargeWeightsAreMultipliedInPatches() {
    INDArray large = Nd4j.create(DataType.FLOAT, 48, 9 * 32);
    Convolution small = new Case(Window.square(3, 1, 1), 8, 8, 32, 48).shape();
    assertThat(Patches.pay(small, 2, 32, large)).isTrue();
    assertThat(Patches.pay(small, 3, 32, large)).isEqualTo(!VectorUnit.PRESENT);
    assertThat(Patches.pay(small, 9, 32, large)).isFalse();
    assertThat(Patches.pay(small, 2, 4, Nd4j.create(DataType.FLOAT, 48, 9 * 4))).isFalse();
  }

  @Test
  void normsOfGroupsAreThePortableOnes() {
    for (int pixels : new int[] {3, 1500}) {
      INDArray x = random(1, 2L * pixels, 24).addi(3);
      INDArray w = random(2, 24);
      INDArray b = random(3, 24);
      INDArray dy = random(4, x.shape());
      INDArray[][] results = new INDArray[2][];
      for (int i = 0; i < 2; i++) {
        Kernels kernels = i == 0 ? FAST : PORTABLE;
        INDArray mean = random(5, 2, 6);
        INDArray inverse = random(5, 2, 6);
        INDArray y = random(6, x.shape());
        INDArray dx = random(7, x.shape());
        INDArray dw = random(8, 24);
        INDArray db = random(8, 24);
        kernels.groupNorm(x, w, b, 1e-5, y, mean, inverse);
        kernels.groupNormGradient(x, w, mean, inverse, dy, dx, dw, db);
        results[i] = new INDArray[] {y, mean, inverse, dx, dw, db};
      }
      for (int j = 0; j < results[0].length; j++) {
        assertClose(results[0][j], results[1][j], 2e-5);
      }
    }
  }
}
