package org.peft4j.onednn.internal.operation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.DoubleUnaryOperator;
import org.bytedeco.dnnl.global.dnnl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Kernels;
import org.peft4j.onednn.Floats;
import org.peft4j.onednn.OneDnnKernels;
import org.peft4j.onednn.internal.Address;

/** Operations on single elements, and the softmax of rows, against formulas in double precision. */
class PointwiseTest {
  private static final Kernels KERNELS = new OneDnnKernels();
  private static final double STEP = 1e-6;

  private static double sigma(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** {@code erf(x) = 2/√π·Σ (−1)ⁿ·x²ⁿ⁺¹/(n!·(2n + 1))}. */
  private static double erf(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; n < 200; n++) {
      term *= -x * x / n;
      sum += term / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }

  private static DoubleUnaryOperator formula(Activation f) {
    return switch (f) {
      case SILU -> x -> x * sigma(x);
      case GELU -> x -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
      case QUICK_GELU -> x -> x * sigma(1.702 * x);
      case GELU_TANH ->
          x -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case RELU -> x -> Math.max(0, x);
      case TANH -> Math::tanh;
    };
  }

  private static double slope(DoubleUnaryOperator f, double x) {
    return (f.applyAsDouble(x + STEP) - f.applyAsDouble(x - STEP)) / (2 * STEP);
  }

  private static double[] each(INDArray x, DoubleUnaryOperator f) {
    double[] y = new double[(int) x.length()];
    for (int i = 0; i < y.length; i++) {
      y[i] = f.applyAsDouble(x.getDouble(i));
    }
    return y;
  }

  /** More elements than {@link GeluTanh} takes at once, and a last piece that is not full. */
  private static INDArray inputs() {
    return Floats.random(1, 3, 2741).muli(4);
  }

  @ParameterizedTest
  @EnumSource
  void anActivationFollowsItsFormulaInPlaceToo(Activation f) {
    INDArray x = inputs();
    double[] expected = each(x, formula(f));
    INDArray y = Floats.zeros(x.shape());

    KERNELS.activation(f, x, y);
    Floats.assertElements(y, expected, 1e-5);
    KERNELS.activation(f, x, x);
    Floats.assertElements(x, expected, 1e-5);
  }

  @ParameterizedTest
  @EnumSource
  void itsGradientIsTheSlopeTimesThatOfTheResult(Activation f) {
    INDArray x = inputs();
    INDArray dy = Floats.random(2, x.shape());
    double[] slopes = each(x, value -> slope(formula(f), value));
    double[] expected = new double[slopes.length];
    for (int i = 0; i < slopes.length; i++) {
      expected[i] = dy.getDouble(i) * slopes[i];
    }

    INDArray dx = Floats.zeros(x.shape());
    KERNELS.activationGradient(f, x, dy, dx);
    Floats.assertElements(dx, expected, 1e-5);
    KERNELS.activationGradient(f, x, dy, dy);
    Floats.assertElements(dy, expected, 1e-5);
  }

  @ParameterizedTest
  @EnumSource
  void aGateHasTwoGradients(Activation f) {
    INDArray gate = Floats.random(1, 5, 7).muli(4);
    INDArray up = Floats.random(2, 5, 7);
    INDArray dy = Floats.random(3, 5, 7);
    INDArray y = Floats.zeros(5, 7);
    INDArray dGate = Floats.zeros(5, 7);
    INDArray dUp = Floats.zeros(5, 7);
    KERNELS.gated(f, gate, up, y);
    KERNELS.gatedGradient(f, gate, up, dy, dGate, dUp);

    double[] values = each(gate, formula(f));
    double[] slopes = each(gate, value -> slope(formula(f), value));
    double[] products = new double[values.length];
    double[] ofGate = new double[values.length];
    double[] ofUp = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      products[i] = values[i] * up.getDouble(i);
      ofGate[i] = dy.getDouble(i) * up.getDouble(i) * slopes[i];
      ofUp[i] = dy.getDouble(i) * values[i];
    }
    Floats.assertElements(y, products, 1e-5);
    Floats.assertElements(dGate, ofGate, 1e-5);
    Floats.assertElements(dUp, ofUp, 1e-5);
  }

  @Test
  void aSlopeCanFollowFromTheResult() {
    INDArray x = Floats.random(1, 9).muli(2);
    INDArray y = Floats.zeros(9);
    INDArray dy = Floats.zeros(9).assign(3);
    long result = Address.of(y);
    Pointwise.apply(dnnl.algorithm.eltwise_tanh, 0, 0, Address.of(x), result, 9);
    Pointwise.gradientByResult(
        dnnl.algorithm.eltwise_tanh_use_dst_for_bwd, result, Address.of(dy), Address.of(dy), 9);

    Floats.assertElements(dy, each(x, v -> 3 * (1 - Math.tanh(v) * Math.tanh(v))), 1e-5);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 13, 5000})
  void aProductMayOverwriteEitherFactor(int count) {
    INDArray a = Floats.random(1, count);
    INDArray b = Floats.random(2, count);
    INDArray product = a.mul(b);
    INDArray left = a.dup();
    INDArray right = b.dup();
    Pointwise.multiply(Address.of(left), Address.of(b), Address.of(left), count);
    Pointwise.multiply(Address.of(a), Address.of(right), Address.of(right), count);
    assertThat(left).isEqualTo(product);
    assertThat(right).isEqualTo(product);
  }

  @Test
  void aBiasIsRepeatedForEachRow() {
    INDArray rows = Floats.whole(1, 4, 3);
    INDArray expected = rows.addRowVector(Floats.whole(2, 3));
    KERNELS.addBias(rows, Floats.whole(2, 3));
    assertThat(rows).isEqualTo(expected);
  }

  @Test
  void columnSumsAreTheGradientOfABias() {
    INDArray rows = Floats.whole(1, 5, 4);
    INDArray sums = Floats.random(2, 4);
    KERNELS.columnSums(rows, sums);
    assertThat(sums).isEqualTo(rows.sum(0));
    INDArray part = rows.get(NDArrayIndex.all(), NDArrayIndex.interval(1, 3));
    INDArray ofPart = Floats.random(2, 2);
    KERNELS.columnSums(part, ofPart);
    assertThat(ofPart).isEqualTo(part.sum(0));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 129})
  void softmaxOfRowsAndTheirLargest(int columns) {
    INDArray x = Floats.random(1, 3, columns).muli(10);
    INDArray largest = Floats.random(2, 3);
    double[] probabilities = new double[3 * columns];
    double[] most = new double[3];
    for (int row = 0; row < 3; row++) {
      double total = 0;
      most[row] = Double.NEGATIVE_INFINITY;
      for (int j = 0; j < columns; j++) {
        total += Math.exp(x.getDouble(row, j));
        most[row] = Math.max(most[row], x.getDouble(row, j));
      }
      for (int j = 0; j < columns; j++) {
        probabilities[row * columns + j] = Math.exp(x.getDouble(row, j)) / total;
      }
    }

    Softmax.largest(Address.of(x), 3, columns, Address.of(largest));
    Floats.assertElements(largest, most, 0);
    Softmax.apply(Address.of(x), 3, columns);
    Floats.assertElements(x, probabilities, 1e-6);
  }
}
