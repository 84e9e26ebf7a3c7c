package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** Normalisation of 2 pictures of 7 pixels with 6 channels, in 3 groups. */
class GroupNormKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final double EPSILON = 0.1;
  private static final int PIXELS = 7;
  private static final int GROUPS = 3;
  private static final int EACH = 2;

  private final INDArray x = Values.random(1, 2 * PIXELS, GROUPS * EACH);
  private final INDArray w = Values.random(2, GROUPS * EACH);
  private final INDArray b = Values.random(3, GROUPS * EACH);
  private final INDArray dy = Values.random(4, x.shape());
  private final INDArray mean = Values.zeros(2, GROUPS);
  private final INDArray inverse = Values.zeros(2, GROUPS);

  private INDArray output() {
    INDArray y = Values.zeros(x.shape());
    KERNELS.groupNorm(x, w, b, EPSILON, y, mean, inverse);
    return y;
  }

  @Test
  void itIsItsFormula() {
    double[][] expected = new double[2 * PIXELS][GROUPS * EACH];
    for (int picture = 0; picture < 2; picture++) {
      for (int group = 0; group < GROUPS; group++) {
        double mu = 0;
        double squares = 0;
        for (int p = 0; p < PIXELS; p++) {
          for (int c = 0; c < EACH; c++) {
            double value = x.getDouble(picture * PIXELS + p, group * EACH + c);
            mu += value / (PIXELS * EACH);
            squares += value * value / (PIXELS * EACH);
          }
        }
        double r = 1 / Math.sqrt(squares - mu * mu + EPSILON);
        for (int p = 0; p < PIXELS; p++) {
          for (int c = group * EACH; c < (group + 1) * EACH; c++) {
            int row = picture * PIXELS + p;
            expected[row][c] = w.getDouble(c) * (x.getDouble(row, c) - mu) * r + b.getDouble(c);
          }
        }
      }
    }
    Plain.assertClose(output(), expected);
  }

  @Test
  void itsGradientsAreSlopes() {
    Tensors values = new Tensors(Map.of("x", x, "w", w, "b", b));
    Tensors gradients = Values.room(values);
    output();

    KERNELS.groupNormGradient(
        x, w, mean, inverse, dy, gradients.get("x"), gradients.get("w"), gradients.get("b"));

    CentralDifferences.assertGradients(values, gradients, () -> Values.inner(output(), dy));
  }

  @Test
  void gradientsThatNobodyNeedsAreLeftOut() {
    output();
    INDArray alone = Values.zeros(x.shape());
    KERNELS.groupNormGradient(x, w, mean, inverse, dy, alone, null, null);
    INDArray dw = Values.zeros(w.shape());
    INDArray together = Values.zeros(x.shape());
    KERNELS.groupNormGradient(x, w, mean, inverse, dy, together, dw, null);

    assertThat(alone).isEqualTo(together);
    assertThat(dw.amaxNumber().doubleValue()).isPositive();
  }
}
