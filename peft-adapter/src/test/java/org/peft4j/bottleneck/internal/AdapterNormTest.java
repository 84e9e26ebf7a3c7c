package org.peft4j.bottleneck.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** An adapter's own layer normalisation of 5 features. */
class AdapterNormTest {
  private static final Pass PASS = new Pass(new Nd4jKernels(), true, 1);
  private static final AdapterNorm NORM = new AdapterNorm("norm", 5);

  private static INDArray forward(Tensors values, INDArray x) {
    INDArray y = Values.zeros(x.shape());
    NORM.forward(PASS, values, x, y);
    return y;
  }

  /** {@code w·(x − μ)/√(σ² + 10⁻⁵) + b} of each row. */
  static double[][] expected(double[][] x, double[] w, double[] b) {
    double[][] y = new double[x.length][];
    for (int i = 0; i < x.length; i++) {
      int n = x[i].length;
      double mean = 0;
      for (double value : x[i]) {
        mean += value / n;
      }
      double variance = 0;
      for (double value : x[i]) {
        variance += (value - mean) * (value - mean) / n;
      }
      y[i] = new double[n];
      for (int j = 0; j < n; j++) {
        y[i][j] = w[j] * (x[i][j] - mean) / Math.sqrt(variance + 1e-5) + b[j];
      }
    }
    return y;
  }

  @Test
  void itIsLayerNormalisationWithPyTorchsEpsilon() {
    Tensors values = Values.random(1, NORM.parameters());
    INDArray x = Values.random(2, 3, 5);

    Plain.assertClose(
        forward(values, x),
        expected(
            Plain.of(x),
            values.get("norm.weight").toDoubleVector(),
            values.get("norm.bias").toDoubleVector()));
  }

  @Test
  void itBeginsWithOnesAndZeros() {
    Tensors first = Values.first(1, NORM.parameters());

    assertThat(Values.shapes(NORM.parameters()))
        .isEqualTo(Map.of("norm.weight", List.of(5L), "norm.bias", List.of(5L)));
    assertThat(first.get("norm.weight").toDoubleVector()).containsExactly(1, 1, 1, 1, 1);
    assertThat(first.get("norm.bias").toDoubleVector()).containsExactly(0, 0, 0, 0, 0);
  }

  @Test
  void everyGradientIsTheSlope() {
    Tensors values = Values.random(3, NORM.parameters());
    INDArray x = Values.random(4, 3, 5);
    INDArray upstream = Values.random(5, 3, 5);
    Map<String, INDArray> all = new LinkedHashMap<>(values.asMap());
    all.put("x", x);
    Tensors gradients = Values.room(new Tensors(all));

    NORM.backward(PASS, values, x, upstream, gradients, gradients.get("x"));

    CentralDifferences.assertGradients(
        new Tensors(all), gradients, () -> Values.inner(forward(values, x), upstream));
  }
}
