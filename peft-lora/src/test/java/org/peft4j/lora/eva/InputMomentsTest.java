package org.peft4j.lora.eva;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Values;

/** Principal components of inputs about their mean. */
class InputMomentsTest {
  /** About the mean (10, 20): 3 along the first axis, 1 along the second. */
  private static final INDArray CROSS =
      Nd4j.createFromArray(new double[][] {{13, 20}, {7, 20}, {10, 21}, {10, 19}});

  private static InputMoments.Components components(INDArray rows, int wanted) {
    InputMoments moments = new InputMoments(rows.size(1));
    moments.add(rows);
    return moments.components("up", wanted);
  }

  @Test
  void componentsComeWithTheirShareOfTheVariance() {
    InputMoments.Components found = components(CROSS, 2);

    // Squares about the mean: 18 and 2.
    assertThat(found.ratios()).containsExactly(new double[] {0.9, 0.1}, within(1e-12));
    assertThat(found.values())
        .containsExactly(new double[] {Math.sqrt(18), Math.sqrt(2)}, within(1e-9));
    assertThat(Math.abs(found.components().getDouble(0, 0))).isCloseTo(1, within(1e-9));
    assertThat(Math.abs(found.components().getDouble(1, 1))).isCloseTo(1, within(1e-9));
  }

  @Test
  void batchesCountAsOne() {
    INDArray rows = Values.random(1, 7, 4);
    InputMoments parts = new InputMoments(4);
    parts.add(rows.get(NDArrayIndex.interval(0, 3), NDArrayIndex.all()));
    parts.add(rows.get(NDArrayIndex.interval(3, 7), NDArrayIndex.all()));

    double[] together = parts.components("up", 4).ratios();

    assertThat(together).containsExactly(components(rows, 4).ratios(), within(1e-12));
    double sum = 0;
    for (double ratio : together) {
      sum += ratio;
    }
    assertThat(sum).isCloseTo(1, within(1e-12));
  }

  @Test
  void thereAreNoMoreComponentsThanInputsOrFeatures() {
    assertThat(components(CROSS, 9).ratios()).hasSize(2);
    assertThat(components(Values.random(1, 2, 5), 9).ratios()).hasSize(2);
  }

  @Test
  void inputsWithoutVarianceAreRefused() {
    assertThatThrownBy(() -> components(Values.zeros(3, 2), 1))
        .isInstanceOf(PeftException.class)
        .hasMessage("EVA has seen 3 inputs of up without any variance. Give it batches.");
    assertThatThrownBy(() -> new InputMoments(2).components("up", 1))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("EVA has seen 0 inputs of up");
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.9, 1001, Double.NaN})
  void rhoIsBoundedFromBothSides(double rho) {
    assertThatThrownBy(() -> new EvaSettings(rho, false, true))
        .isInstanceOf(PeftException.class)
        .hasMessage("rho is " + rho + "; allowed: 1 to 1000.");
  }
}
