package org.peft4j.weight;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** What is stored and W are the same numbers in the same memory. */
class WeightViewTest {
  private static final double[][] W = {{1, 2, 3}, {4, 5, 6}};

  @Test
  void whatIsStoredAsWIsW() {
    INDArray stored = Nd4j.createFromArray(W);
    assertThat(WeightView.AS_STORED.of(stored)).isSameAs(stored);
    assertThat(WeightView.AS_STORED.stored(stored, 2, 3)).isSameAs(stored);
    assertThat(WeightView.AS_STORED.shape(2, 3, 5, 5)).containsExactly(2, 3, 5, 5);
  }

  @Test
  void inputsFirstIsTheTranspose() {
    INDArray stored = Nd4j.createFromArray(new double[][] {{1, 4}, {2, 5}, {3, 6}});
    INDArray weight = WeightView.TRANSPOSED.of(stored);
    assertThat(weight.toDoubleMatrix()).isDeepEqualTo(W);
    assertThat(WeightView.TRANSPOSED.stored(weight, 3, 2)).isEqualTo(stored);
    assertThat(WeightView.TRANSPOSED.shape(3, 2)).containsExactly(2, 3);
    weight.putScalar(0, 2, -3);
    assertThat(stored.getDouble(2, 0)).isEqualTo(-3);
  }

  @Test
  void theRowsOfAllHeadsAreJoined() {
    INDArray stored =
        Nd4j.createFromArray(new double[][][] {{{1, 2, 3}}, {{4, 5, 6}}}); // 2 heads of 1 row
    INDArray weight = WeightView.HEADS_JOINED.of(stored);
    assertThat(weight.toDoubleMatrix()).isDeepEqualTo(W);
    assertThat(WeightView.HEADS_JOINED.stored(weight, 2, 1, 3)).isEqualTo(stored);
    assertThat(WeightView.HEADS_JOINED.shape(2, 1, 3)).containsExactly(2, 3);
    weight.putScalar(1, 0, -4);
    assertThat(stored.getDouble(1, 0, 0)).isEqualTo(-4);
  }
}
