package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Convolution.Window;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Convolutions of 2 pictures of 5 × 4 pixels with 3 channels, to 2 channels. */
class ConvolutionKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final int HEIGHT = 5;
  private static final int WIDTH = 4;
  private static final int IN = 3;
  private static final int OUT = 2;

  private final INDArray x = Values.random(1, 2 * HEIGHT * WIDTH, IN);
  private final INDArray bias = Values.random(2, OUT);

  static List<Window> windows() {
    return List.of(
        Window.square(3, 1, 1),
        Window.square(3, 2, 1),
        Window.square(3, 1, 0),
        Window.square(1, 1, 0),
        Window.square(1, 2, 0),
        new Window(3, 3, 2, 0, 0, 1, 1),
        new Window(2, 3, 1, 1, 0, 0, 2));
  }

  private static INDArray weight(Window window) {
    return Values.random(3, OUT, (long) IN * window.kernelHeight() * window.kernelWidth());
  }

  private INDArray output(Window window, INDArray w, @Nullable INDArray b, double beta) {
    RowProduct product = window.over(HEIGHT, WIDTH);
    INDArray y = Values.random(5, product.rows(x.size(0)), OUT);
    product.multiply(KERNELS, x, w, b, beta, y);
    return y;
  }

  @ParameterizedTest
  @MethodSource("windows")
  void aConvolutionIsItsFormula(Window window) {
    INDArray w = weight(window);
    long height = window.height(HEIGHT);
    long width = window.width(WIDTH);
    INDArray before = Values.random(5, 2 * height * width, OUT);
    double[][] expected = new double[(int) (2 * height * width)][OUT];
    double[][] added = new double[expected.length][OUT];
    for (int row = 0; row < expected.length; row++) {
      int picture = (int) (row / (height * width));
      int i = (int) (row / width % height);
      int j = (int) (row % width);
      for (int o = 0; o < OUT; o++) {
        expected[row][o] = bias.getDouble(o) + sum(window, w, picture, i, j, o);
        added[row][o] = expected[row][o] - bias.getDouble(o) + before.getDouble(row, o);
      }
    }
    Plain.assertClose(output(window, w, bias, 0), expected);
    Plain.assertClose(output(window, w, null, 1), added);
  }

  private double sum(Window window, INDArray w, int picture, int i, int j, int o) {
    double sum = 0;
    for (int u = 0; u < window.kernelHeight(); u++) {
      for (int v = 0; v < window.kernelWidth(); v++) {
        int row = window.stride() * i + u - window.top();
        int column = window.stride() * j + v - window.left();
        if (row >= 0 && row < HEIGHT && column >= 0 && column < WIDTH) {
          for (int c = 0; c < IN; c++) {
            int element = (c * window.kernelHeight() + u) * window.kernelWidth() + v;
            long pixel = ((long) picture * HEIGHT + row) * WIDTH + column;
            sum += w.getDouble(o, element) * x.getDouble(pixel, c);
          }
        }
      }
    }
    return sum;
  }

  @ParameterizedTest
  @MethodSource("windows")
  void gradientsOfAConvolutionAreSlopes(Window window) {
    INDArray w = weight(window);
    RowProduct product = window.over(HEIGHT, WIDTH);
    INDArray dy = Values.random(4, product.rows(x.size(0)), OUT);
    Tensors values = new Tensors(Map.of("x", x, "w", w));
    Tensors gradients = Values.room(values);
    product.inputGradient(KERNELS, dy, w, 0, gradients.get("x"));
    product.weightGradient(KERNELS, x, dy, gradients.get("w"));

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(output(window, w, bias, 0), dy));
  }

  @ParameterizedTest
  @MethodSource("windows")
  void aGradientAddsToWhatIsThere(Window window) {
    INDArray w = weight(window);
    RowProduct product = window.over(HEIGHT, WIDTH);
    INDArray dy = Values.random(4, product.rows(x.size(0)), OUT);
    INDArray alone = Values.zeros(x.shape());
    product.inputGradient(KERNELS, dy, w, 0, alone);
    INDArray before = Values.random(8, x.shape());
    INDArray sum = before.dup();
    product.inputGradient(KERNELS, dy, w, 1, sum);

    assertThat(sum.sub(before).sub(alone).amaxNumber().doubleValue()).isLessThan(1e-12);
  }
}
