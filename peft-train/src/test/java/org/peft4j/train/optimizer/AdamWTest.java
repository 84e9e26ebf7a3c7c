package org.peft4j.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class AdamWTest {
  /** torch.optim.AdamW(lr=0.1, weight_decay=0.01) in float64, torch 2.13. */
  @Test
  void threeStepsAreThoseOfPyTorch() {
    double[][] gradients = {{0.5, -0.25, 1e-3}, {-1, 0.125, 1e-3}, {0.25, 4, 0}};
    double[][] expected = {
      {0.899000002, -1.8980000039999998, 0.3995009999900001},
      {0.9347113542385653, -1.8694683013777325, 0.29910249898001096},
      {0.9474457089827375, -1.92989123923149, 0.22150405360651662}
    };
    INDArray parameters = Nd4j.createFromArray(new double[][] {{1, -2, 0.5}});
    try (AdamW optimizer = new AdamW(parameters)) {
      for (int step = 0; step < gradients.length; step++) {
        INDArray gradient = Nd4j.createFromArray(new double[][] {gradients[step]});

        assertThat(optimizer.update(update(step + 1, parameters, gradient, 0.1, 0.01))).isTrue();

        assertThat(parameters.toDoubleVector()).containsExactly(expected[step], within(1e-12));
        assertThat(gradient.toDoubleVector()).containsExactly(gradients[step]);
      }
    }
  }

  @Test
  void aStepToInfinityIsNotTaken() {
    INDArray parameters = Nd4j.createFromArray(new float[][] {{1, 2}});
    try (AdamW optimizer = new AdamW(parameters)) {
      INDArray gradient = Nd4j.createFromArray(new float[][] {{1, 1}});

      assertThat(optimizer.update(update(1, parameters, gradient, 1e39, 0))).isFalse();

      assertThat(parameters.toFloatVector()).containsExactly(1, 2);
    }
  }

  private static Update update(
      long step, INDArray parameters, INDArray gradient, double rate, double decay) {
    return new Update(step, parameters, gradient, rate, ParameterRates.uniform(decay));
  }
}
