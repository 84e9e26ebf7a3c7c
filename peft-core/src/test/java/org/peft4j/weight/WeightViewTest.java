package org.peft4j.weight;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
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

  /** Element i of an array in its order is i. */
  private static INDArray counted(long... shape) {
    long length = java.util.stream.LongStream.of(shape).reduce(1, Math::multiplyExact);
    return Nd4j.arange(length).castTo(DataType.DOUBLE).reshape('c', shape);
  }

  static Stream<Arguments> ofConvolutions() {
    long[] weight = {1, 0, 1, 2}; // Output 1, input 0, row 1, column 2 of a 2×3 kernel.
    return Stream.of(
        Arguments.of(
            WeightView.INPUTS_FIRST,
            new long[] {4, 2, 2, 3},
            new long[] {2, 4, 2, 3},
            weight,
            new long[] {0, 1, 1, 2}),
        Arguments.of(
            WeightView.KERNEL_FIRST,
            new long[] {2, 2, 3, 2, 4},
            new long[] {2, 4, 2, 2, 3},
            new long[] {1, 3, 0, 1, 2},
            new long[] {0, 1, 2, 1, 3}),
        Arguments.of(
            WeightView.KERNEL_INPUTS_FIRST,
            new long[] {2, 3, 5, 4},
            new long[] {4, 5, 2, 3},
            new long[] {3, 4, 1, 2},
            new long[] {1, 2, 4, 3}),
        Arguments.of(
            WeightView.INPUTS_LAST,
            new long[] {4, 2, 3, 5},
            new long[] {4, 5, 2, 3},
            new long[] {3, 4, 1, 2},
            new long[] {3, 1, 2, 4}),
        // Multiplier 3, 2 channels: output 1 is the first kernel of channel 1.
        Arguments.of(
            WeightView.DEPTHWISE,
            new long[] {3, 2, 2, 3},
            new long[] {6, 1, 2, 3},
            weight,
            new long[] {0, 1, 1, 2}),
        // Here output 1 is the second kernel of channel 0.
        Arguments.of(
            WeightView.DEPTHWISE_LAST,
            new long[] {2, 3, 2, 3},
            new long[] {6, 1, 2, 3},
            weight,
            new long[] {1, 2, 0, 1}));
  }

  @ParameterizedTest
  @MethodSource("ofConvolutions")
  void kernelsAreSeenWithTheirOutputsFirst(
      WeightView view, long[] storedShape, long[] shape, long[] weight, long[] stored) {
    INDArray array = counted(storedShape);
    INDArray seen = view.of(array);
    assertThat(view.shape(storedShape)).containsExactly(shape);
    assertThat(seen.shape()).containsExactly(shape);
    assertThat(seen.getDouble(weight)).isEqualTo(array.getDouble(stored));
    assertThat(view.stored(seen.dup('c'), storedShape)).isEqualTo(array);
    assertThat(view.stored(seen, storedShape)).isEqualTo(array);
    INDArray target = counted(shape);
    view.stored(target, storedShape).assign(-1);
    assertThat(target.maxNumber().doubleValue()).isEqualTo(-1);
    seen.assign(-2);
    assertThat(array.maxNumber().doubleValue()).isEqualTo(-2);
  }
}
