package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A number that is not finite is found wherever it is. */
class FiniteTest {
  @ParameterizedTest
  @ValueSource(doubles = {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY})
  void oneIsFoundAtAnyPlace(double value) {
    for (int place : new int[] {0, 1, 500, 999}) {
      INDArray array = Nd4j.ones(DataType.FLOAT, 20, 50);
      array.putScalar(place, value);
      assertThat(Finite.all(array)).as("at %d", place).isFalse();
      assertThat(Finite.all(array.transpose())).as("transposed, at %d", place).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE", "BFLOAT16", "HALF"})
  void largeNumbersAreFinite(DataType type) {
    double large = type == DataType.HALF ? 6e4 : 3e38;
    assertThat(Finite.all(Nd4j.valueArrayOf(new long[] {3, 400}, large, type))).isTrue();
    assertThat(Finite.all(Nd4j.empty(type))).isTrue();
  }
}
