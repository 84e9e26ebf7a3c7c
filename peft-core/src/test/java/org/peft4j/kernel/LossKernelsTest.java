package org.peft4j.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** Cross-entropy of 3 rows with 4 classes. */
class LossKernelsTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final int[] LABELS = {2, 0, 3};

  private static INDArray losses(INDArray logits) {
    INDArray losses = Values.zeros(logits.size(0));
    KERNELS.crossEntropy(logits.dup(), LABELS, 1, losses);
    return losses;
  }

  @Test
  void eachRowsLossIsTheNegativeLogarithmOfItsLabelsProbability() {
    INDArray logits = Values.random(1, 3, 4).muli(5);

    INDArray losses = losses(logits);

    for (int row = 0; row < 3; row++) {
      double sum = 0;
      for (int j = 0; j < 4; j++) {
        sum += Math.exp(logits.getDouble(row, j));
      }
      double expected = -Math.log(Math.exp(logits.getDouble(row, LABELS[row])) / sum);
      assertThat(losses.getDouble(row)).isCloseTo(expected, within(1e-12));
    }
  }

  @Test
  void logitsBecomeTheirGradientTimesTheScale() {
    INDArray logits = Values.random(2, 3, 4).muli(5);
    INDArray gradient = logits.dup();

    KERNELS.crossEntropy(gradient, LABELS, 0.25, Values.zeros(3));

    CentralDifferences.assertGradients(
        new Tensors(Map.of("logits", logits)),
        new Tensors(Map.of("logits", gradient)),
        () -> 0.25 * losses(logits).sumNumber().doubleValue());
  }

  @Test
  void largeLogitsOverflowNothing() {
    INDArray logits = Nd4j.createFromArray(new double[][] {{1000, 999}, {-1000, -1001}});
    INDArray losses = Values.zeros(2);

    KERNELS.crossEntropy(logits, new int[] {0, 1}, 1, losses);

    // Two logits at a distance of 1: log(1 + e⁻¹) for the larger, 1 more for the smaller.
    double larger = Math.log(1 + Math.exp(-1));
    assertThat(losses.toDoubleVector())
        .containsExactly(new double[] {larger, 1 + larger}, within(1e-12));
    double probability = 1 / (1 + Math.exp(-1));
    assertThat(logits.ravel().toDoubleVector())
        .containsExactly(
            new double[] {probability - 1, 1 - probability, probability, -probability},
            within(1e-12));
  }
}
