package org.peft4j.onednn.internal.winograd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.nativeblas.NativeOpsHolder;
import org.peft4j.kernel.Convolution;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.onednn.internal.vector.VectorUnit;

/** Convolutions in tiles are sums of nine products, computed here in double precision. */
class TiledConvolutionTest {
  /** Of the largest result; each tile rounds differently. */
  private static final double SMALL = 1e-6;

  private static final double LARGE = 4e-6;

  private final Random random = new Random(7);
  private int threads;

  /**
   * A case.
   *
   * @param atOnce numbers that are transformed at once: few make many steps
   */
  record Case(
      Tile tile, Window window, int pictures, int height, int width, int in, int out, int atOnce) {
    Convolution shape() {
      return new Convolution(window, height, width);
    }

    double tolerance() {
      return tile instanceof SmallTile ? SMALL : LARGE;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(new SmallTile(), new LargeTile())
        .flatMap(
            tile ->
                Stream.of(
                    new Case(tile, Window.square(3, 1, 1), 1, 8, 8, 32, 32, 1 << 22),
                    new Case(tile, Window.square(3, 1, 1), 2, 7, 5, 37, 43, 1 << 22),
                    new Case(tile, Window.square(3, 1, 1), 2, 13, 18, 20, 50, 1 << 12),
                    new Case(tile, Window.square(3, 1, 0), 1, 9, 6, 9, 5, 1),
                    new Case(tile, Window.square(3, 1, 2), 1, 3, 4, 16, 24, 1 << 12),
                    new Case(tile, new Window(3, 3, 1, 0, 2, 1, 0), 3, 6, 11, 8, 11, 1 << 10),
                    new Case(tile, Window.square(3, 1, 1), 1, 1, 1, 3, 2, 1 << 22)));
  }

  @BeforeEach
  void useTwoThreads() {
    assumeTrue(VectorUnit.PRESENT, "Winograd's convolutions need the module of vectors");
    Nd4j.create(1).close();
    threads = NativeOpsHolder.getInstance().getDeviceNativeOps().ompGetMaxThreads();
    NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(2);
  }

  @AfterEach
  void restoreThreads() {
    if (threads > 0) {
      NativeOpsHolder.getInstance().getDeviceNativeOps().setOmpNumThreads(threads);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void resultsAreSumsOfNineProducts(Case each) {
    INDArray x = random(rows(each, false), each.in());
    INDArray w = random(each.out(), 9L * each.in());
    INDArray b = random(1, each.out()).reshape(each.out());
    double[] expected = forward(each, x, w);
    INDArray y = random(rows(each, true), each.out());
    run(each, false, x, w, b, false, y);
    assertClose(y, expected, Nd4j.zeros(y.shape()).addRowVector(b), each.tolerance());
    INDArray before = y.dup();
    run(each, false, x, w, null, true, y);
    assertClose(y, expected, before, each.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsReachThePixelsThatWereRead(Case each) {
    INDArray dy = random(rows(each, true), each.out());
    INDArray w = random(each.out(), 9L * each.in());
    double[] expected = back(each, dy, w);
    INDArray dx = random(rows(each, false), each.in());
    run(each, true, dy, w, null, false, dx);
    assertClose(dx, expected, Nd4j.zeros(dx.shape()), each.tolerance());
    INDArray before = dx.dup();
    run(each, true, dy, w, null, true, dx);
    assertClose(dx, expected, before, each.tolerance());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void weightsMayBeInHalfPrecision(Case each) {
    INDArray x = random(rows(each, false), each.in());
    INDArray w = random(each.out(), 9L * each.in()).castTo(DataType.BFLOAT16);
    INDArray y = random(rows(each, true), each.out());
    run(each, false, x, w, null, false, y);
    double[] expected = forward(each, x, w.castTo(DataType.FLOAT));
    assertClose(y, expected, Nd4j.zeros(y.shape()), each.tolerance());
  }

  private static void run(
      Case each,
      boolean back,
      INDArray x,
      INDArray w,
      @Nullable INDArray b,
      boolean accumulate,
      INDArray y) {
    Grid grid = Grid.of(each.tile(), each.shape(), each.pictures());
    new TiledConvolution(back ? grid.back() : grid, back, x, w, b, accumulate, y, each.atOnce())
        .run();
  }

  private static long rows(Case each, boolean results) {
    Convolution shape = each.shape();
    return each.pictures()
        * (results
            ? shape.outputHeight() * shape.outputWidth()
            : (long) each.height() * each.width());
  }

  private INDArray random(long rows, long columns) {
    float[] values = new float[(int) (rows * columns)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape('c', rows, columns);
  }

  private static double[] forward(Case each, INDArray x, INDArray w) {
    float[] pixels = x.ravel().toFloatVector();
    float[] taps = w.ravel().toFloatVector();
    double[] y = new double[(int) (rows(each, true) * each.out())];
    meet(
        each,
        (pixel, result, tap) -> {
          for (int o = 0; o < each.out(); o++) {
            for (int c = 0; c < each.in(); c++) {
              y[result * each.out() + o] +=
                  (double) pixels[pixel * each.in() + c] * taps[(o * each.in() + c) * 9 + tap];
            }
          }
        });
    return y;
  }

  private static double[] back(Case each, INDArray dy, INDArray w) {
    float[] gradients = dy.ravel().toFloatVector();
    float[] taps = w.ravel().toFloatVector();
    double[] dx = new double[(int) (rows(each, false) * each.in())];
    meet(
        each,
        (pixel, result, tap) -> {
          for (int o = 0; o < each.out(); o++) {
            for (int c = 0; c < each.in(); c++) {
              dx[pixel * each.in() + c] +=
                  (double) gradients[result * each.out() + o] * taps[(o * each.in() + c) * 9 + tap];
            }
          }
        });
    return dx;
  }

  private interface Meeting {
    void of(int pixel, int result, int tap);
  }

  /** All pixels, results and taps that meet. */
  private static void meet(Case each, Meeting meeting) {
    int height = (int) each.shape().outputHeight();
    int width = (int) each.shape().outputWidth();
    for (int i = 0; i < each.pictures() * height * width * 9; i++) {
      int tap = i % 9;
      int result = i / 9;
      int x = result % width + tap % 3 - each.window().left();
      int y = result / width % height + tap / 3 - each.window().top();
      int picture = result / width / height;
      if (x >= 0 && x < each.width() && y >= 0 && y < each.height()) {
        meeting.of((picture * each.height() + y) * each.width() + x, result, tap);
      }
    }
  }

  private static void assertClose(
      INDArray actual, double[] expected, INDArray added, double tolerance) {
    float[] values = actual.ravel().toFloatVector();
    float[] before = added.ravel().toFloatVector();
    double most = 0;
    for (double value : expected) {
      most = Math.max(most, Math.abs(value));
    }
    for (int i = 0; i < values.length; i++) {
      assertThat((values[i] - before[i] - expected[i]) / most).isBetween(-tolerance, tolerance);
    }
  }
}
