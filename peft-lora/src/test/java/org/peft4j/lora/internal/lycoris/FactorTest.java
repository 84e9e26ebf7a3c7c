package org.peft4j.lora.internal.lycoris;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.internal.lycoris.Factor.Start;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** The three forms of a trained matrix. */
class FactorTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final FullFactor FULL = new FullFactor("w", Start.UNIFORM, List.of(3L, 2L, 2L));
  private static final LowRankFactor LOW =
      new LowRankFactor("w", Start.UNIFORM, Start.ZERO, 3, 2, 4);
  private static final CoreFactor CORE =
      new CoreFactor("w", "t", Start.UNIFORM, 3, 2, 2, List.of(2L, 1L));

  static Stream<Factor> factors() {
    return Stream.of(FULL, LOW, CORE);
  }

  @Test
  void aFullFactorIsTheMatrixWithAKernelBehindItsColumns() {
    Tensors values = Values.random(1, FULL.parameters());

    INDArray matrix = FULL.matrix(KERNELS, values);

    assertThat(matrix).isEqualTo(values.get("w").reshape('c', 3, 4));
    matrix.assign(0);
    assertThat(values.get("w").amaxNumber().doubleValue()).as("it is a copy").isPositive();
  }

  @Test
  void aFactorOfLowRankIsAProduct() {
    INDArray a = Nd4j.createFromArray(new double[][] {{1, 0}, {0, 2}, {1, 1}});
    INDArray b = Nd4j.createFromArray(new double[][] {{1, 2, 3, 4}, {0, 1, 0, 1}});

    assertThat(LOW.matrix(KERNELS, new Tensors(Map.of("w_a", a, "w_b", b))))
        .isEqualTo(Nd4j.createFromArray(new double[][] {{1, 2, 3, 4}, {0, 2, 0, 2}, {1, 3, 3, 5}}));
  }

  @Test
  void aCoreIsSummedOverBothRanks() {
    Tensors values = Values.random(2, CORE.parameters());
    INDArray t = values.get("t");
    INDArray a = values.get("w_a");
    INDArray b = values.get("w_b");
    INDArray expected = Values.zeros(3, 2, 2, 1);
    for (int p = 0; p < 3; p++) {
      for (int q = 0; q < 2; q++) {
        for (int k = 0; k < 2; k++) {
          double sum = 0;
          for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
              sum += t.getDouble(i, j, k, 0) * a.getDouble(i, p) * b.getDouble(j, q);
            }
          }
          expected.putScalar(new int[] {p, q, k, 0}, sum);
        }
      }
    }

    assertNear(CORE.matrix(KERNELS, values), expected.reshape('c', 3, 4));
  }

  @ParameterizedTest
  @MethodSource("factors")
  void gradientsAreSlopes(Factor factor) {
    Tensors values = Values.random(3, factor.parameters());
    INDArray dMatrix = Values.random(4, 3, 4);
    Tensors gradients = Values.room(values);

    factor.gradient(KERNELS, values, dMatrix, gradients);

    CentralDifferences.assertGradients(
        values, gradients, () -> Values.inner(factor.matrix(KERNELS, values), dMatrix));
  }

  @Test
  void shapesAreThoseOfHuggingFacesFiles() {
    assertThat(Values.shapes(FULL.parameters())).isEqualTo(Map.of("w", List.of(3L, 2L, 2L)));
    assertThat(Values.shapes(LOW.parameters()))
        .isEqualTo(Map.of("w_a", List.of(3L, 2L), "w_b", List.of(2L, 4L)));
    assertThat(Values.shapes(CORE.parameters()))
        .isEqualTo(
            Map.of("t", List.of(2L, 2L, 2L, 1L), "w_a", List.of(2L, 3L), "w_b", List.of(2L, 2L)));
  }

  @Test
  void aTensorBeginsAtZeroOrUniformUpToItsFanIn() {
    INDArray zero = Values.first(1, List.of(Start.ZERO.of("w", 5, 4))).get("w");
    INDArray uniform = Values.first(1, List.of(Start.UNIFORM.of("w", 400, 5, 20))).get("w");

    assertThat(zero).isEqualTo(Values.zeros(5, 4));
    assertThat(uniform.amaxNumber().doubleValue()).isCloseTo(0.1, within(1e-4)).isLessThan(0.1);
    assertThat(uniform.stdNumber().doubleValue()).isCloseTo(0.1 / Math.sqrt(3), within(1e-3));
  }
}
