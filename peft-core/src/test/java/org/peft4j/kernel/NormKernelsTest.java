package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Normalisations of 3 rows of 5 numbers. */
class NormKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final double EPSILON = 0.1;

  private final INDArray x = Values.random(1, 3, 5);
  private final INDArray w = Values.random(2, 5);
  private final INDArray b = Values.random(3, 5);
  private final INDArray dy = Values.random(4, 3, 5);
  private final INDArray mean = Values.zeros(3);
  private final INDArray inverse = Values.zeros(3);

  private INDArray rms() {
    INDArray y = Values.zeros(3, 5);
    KERNELS.rmsNorm(x, w, EPSILON, y, inverse);
    return y;
  }

  private INDArray layer() {
    INDArray y = Values.zeros(3, 5);
    KERNELS.layerNorm(x, w, b, EPSILON, y, mean, inverse);
    return y;
  }

  @Test
  void rootMeanSquareNormalisationIsItsFormula() {
    double[][] expected = new double[3][5];
    double[] r = new double[3];
    for (int i = 0; i < 3; i++) {
      double squares = 0;
      for (int j = 0; j < 5; j++) {
        squares += x.getDouble(i, j) * x.getDouble(i, j) / 5;
      }
      r[i] = 1 / Math.sqrt(squares + EPSILON);
      for (int j = 0; j < 5; j++) {
        expected[i][j] = w.getDouble(j) * x.getDouble(i, j) * r[i];
      }
    }

    Plain.assertClose(rms(), expected);
    Plain.assertClose(inverse.reshape(1, 3), new double[][] {r});
  }

  @Test
  void layerNormalisationIsItsFormula() {
    double[][] expected = new double[3][5];
    double[] means = new double[3];
    double[] r = new double[3];
    for (int i = 0; i < 3; i++) {
      for (int j = 0; j < 5; j++) {
        means[i] += x.getDouble(i, j) / 5;
      }
      double variance = 0;
      for (int j = 0; j < 5; j++) {
        variance += Math.pow(x.getDouble(i, j) - means[i], 2) / 5;
      }
      r[i] = 1 / Math.sqrt(variance + EPSILON);
      for (int j = 0; j < 5; j++) {
        expected[i][j] = w.getDouble(j) * (x.getDouble(i, j) - means[i]) * r[i] + b.getDouble(j);
      }
    }

    Plain.assertClose(layer(), expected);
    Plain.assertClose(mean.reshape(1, 3), new double[][] {means});
    Plain.assertClose(inverse.reshape(1, 3), new double[][] {r});
  }

  @Test
  void aLayerNormalisationMayHaveNoBias() {
    INDArray y = Values.zeros(3, 5);
    KERNELS.layerNorm(x, w, null, EPSILON, y, mean, inverse);

    Plain.assertClose(y.addRowVector(b), layer().toDoubleMatrix());
  }

  @Test
  void gradientsOfRootMeanSquareNormalisationAreSlopes() {
    Tensors values = new Tensors(Map.of("x", x, "w", w));
    Tensors gradients = Values.room(values);
    rms();

    KERNELS.rmsNormGradient(x, w, inverse, dy, gradients.get("x"), gradients.get("w"));

    CentralDifferences.assertGradients(values, gradients, () -> Values.inner(rms(), dy));
  }

  @Test
  void gradientsOfLayerNormalisationAreSlopes() {
    Tensors values = new Tensors(Map.of("x", x, "w", w, "b", b));
    Tensors gradients = Values.room(values);
    layer();

    KERNELS.layerNormGradient(
        x, w, mean, inverse, dy, gradients.get("x"), gradients.get("w"), gradients.get("b"));

    CentralDifferences.assertGradients(values, gradients, () -> Values.inner(layer(), dy));
  }

  @Test
  void gradientsThatNobodyNeedsAreLeftOut() {
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    for (String name : new String[] {"rms dx", "rms dw", "layer dx", "layer dw", "layer db"}) {
      gradients.put(name, Values.zeros(name.endsWith("dx") ? new long[] {3, 5} : new long[] {5}));
    }
    Tensors alone = new Tensors(gradients);
    Tensors together = alone.detachedCopy();

    rms();
    KERNELS.rmsNormGradient(x, w, inverse, dy, alone.get("rms dx"), null);
    KERNELS.rmsNormGradient(x, w, inverse, dy, null, alone.get("rms dw"));
    KERNELS.rmsNormGradient(x, w, inverse, dy, together.get("rms dx"), together.get("rms dw"));
    layer();
    KERNELS.layerNormGradient(x, w, mean, inverse, dy, alone.get("layer dx"), null, null);
    KERNELS.layerNormGradient(x, w, mean, inverse, dy, null, alone.get("layer dw"), null);
    KERNELS.layerNormGradient(x, w, mean, inverse, dy, null, null, alone.get("layer db"));
    KERNELS.layerNormGradient(
        x,
        w,
        mean,
        inverse,
        dy,
        together.get("layer dx"),
        together.get("layer dw"),
        together.get("layer db"));

    assertThat(alone.asMap()).isEqualTo(together.asMap());
    assertThat(alone.get("layer db").amaxNumber().doubleValue()).isPositive();
  }
}
