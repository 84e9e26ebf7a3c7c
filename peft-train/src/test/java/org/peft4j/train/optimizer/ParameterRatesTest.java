package org.peft4j.train.optimizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class ParameterRatesTest {
  private static final double RATE = 0.5;

  private final INDArray parameters = Nd4j.createFromArray(new double[][] {{1, -2, 4}});
  private final INDArray change = Nd4j.createFromArray(new double[][] {{0.25, 1, -8}});

  /** p − η λ p + Δ. */
  @Test
  void oneDecayIsThatOfAll() {
    try (ParameterRates rates = ParameterRates.uniform(0.1)) {
      rates.apply(change, parameters, RATE);
    }
    assertThat(change.toDoubleVector())
        .containsExactly(new double[] {1.2, -0.9, -4.2}, within(1e-15));
  }

  /** p − η r λ p + r Δ with r = 0, 2, 1 and λ = 0.3, 0.1, 0. */
  @Test
  void eachParameterHasItsOwn() {
    INDArray factors = Nd4j.createFromArray(new double[][] {{0, 2, 1}});
    INDArray decays = Nd4j.createFromArray(new double[][] {{0, 0.2, 0}});
    try (ParameterRates rates = new RateOfEach(factors, decays)) {
      rates.apply(change, parameters, RATE);
    }
    assertThat(change.toDoubleVector()).containsExactly(new double[] {1, 0.2, -4}, within(1e-15));
    assertThat(parameters.toDoubleVector()).containsExactly(1, -2, 4);
  }
}
