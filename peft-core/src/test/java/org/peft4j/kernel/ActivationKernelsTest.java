package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Pointwise functions, from far below zero to far above. */
class ActivationKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final double[] POINTS = {-9, -3.5, -1, -0.3, -1e-3, 1e-3, 0.25, 0.9, 2, 6};

  private static INDArray points() {
    return Nd4j.createFromArray(POINTS).reshape(2, 5);
  }

  private static INDArray apply(Activation f, INDArray x) {
    INDArray y = Values.zeros(x.shape());
    KERNELS.activation(f, x, y);
    return y;
  }

  private static double expected(Activation f, double x) {
    return switch (f) {
      case SILU -> x / (1 + Math.exp(-x));
      case GELU -> x * normalDistribution(x);
      case QUICK_GELU -> x / (1 + Math.exp(-1.702 * x));
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case RELU -> Math.max(0, x);
      case TANH -> Math.tanh(x);
    };
  }

  /** Φ(x): half, and the integral of the density from 0 to x by Simpson's rule. */
  private static double normalDistribution(double x) {
    int steps = 20_000;
    double width = x / steps;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-0.5 * (i * width) * (i * width));
    }
    return 0.5 + sum * width / 3 / Math.sqrt(2 * Math.PI);
  }

  @ParameterizedTest
  @EnumSource
  void eachIsItsFormula(Activation f) {
    INDArray x = points();

    INDArray y = apply(f, x);

    for (int i = 0; i < POINTS.length; i++) {
      assertThat(y.getDouble(i))
          .as("f(%s)", POINTS[i])
          .isCloseTo(expected(f, POINTS[i]), within(1e-9));
    }
    KERNELS.activation(f, x, x);
    assertThat(x).isEqualTo(y);
  }

  @ParameterizedTest
  @EnumSource
  void theGradientIsTheSlopeTimesTheUpperOne(Activation f) {
    INDArray x = points();
    INDArray dy = Values.random(1, 2, 5);
    INDArray dx = Values.random(2, 2, 5);

    KERNELS.activationGradient(f, x, dy, dx);

    CentralDifferences.assertGradients(
        new Tensors(Map.of("x", x)),
        new Tensors(Map.of("x", dx)),
        () -> Values.inner(apply(f, x), dy));
    INDArray inPlace = dy.dup();
    KERNELS.activationGradient(f, x, inPlace, inPlace);
    assertThat(inPlace).isEqualTo(dx);
  }

  private static INDArray gated(Activation f, INDArray gate, INDArray up) {
    INDArray y = Values.zeros(gate.shape());
    KERNELS.gated(f, gate, up, y);
    return y;
  }

  @ParameterizedTest
  @EnumSource
  void aGatedProductIsTheFunctionOfOneTimesTheOther(Activation f) {
    INDArray gate = points();
    INDArray up = Values.random(3, 2, 5);

    double[][] expected = Plain.each(Plain.of(gate), Plain.of(up), (g, u) -> expected(f, g) * u);
    Plain.assertClose(gated(f, gate, up), expected, 1e-8);
  }

  @ParameterizedTest
  @EnumSource
  void gradientsOfAGatedProductAreSlopes(Activation f) {
    Tensors values = new Tensors(Map.of("gate", points(), "up", Values.random(4, 2, 5)));
    Tensors gradients = Values.room(values);
    INDArray dy = Values.random(5, 2, 5);

    KERNELS.gatedGradient(
        f, values.get("gate"), values.get("up"), dy, gradients.get("gate"), gradients.get("up"));

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(gated(f, values.get("gate"), values.get("up")), dy));
  }

  @ParameterizedTest
  @EnumSource
  void gatesMayBeHalvesAndTheirGradientsOverwriteThem(Activation f) {
    INDArray both = Values.random(6, 4, 10);
    INDArray gate = both.get(all(), interval(0, 5));
    INDArray up = both.get(all(), interval(5, 10));
    INDArray dy = Values.random(7, 4, 5);
    INDArray dGate = Values.zeros(4, 5);
    INDArray dUp = Values.zeros(4, 5);
    KERNELS.gatedGradient(f, gate.dup(), up.dup(), dy, dGate, dUp);

    assertThat(gated(f, gate, up)).isEqualTo(gated(f, gate.dup(), up.dup()));
    KERNELS.gatedGradient(f, gate, up, dy, gate, up);
    assertThat(gate.dup()).isEqualTo(dGate);
    assertThat(up.dup()).isEqualTo(dUp);
  }
}
