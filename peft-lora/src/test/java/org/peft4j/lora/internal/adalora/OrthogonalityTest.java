package org.peft4j.lora.internal.adalora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.assertNear;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** {@code w·‖P·Pᵀ − I‖} of vectors that are rows, or columns. */
class OrthogonalityTest {
  private static final Kernels KERNELS = new Nd4jKernels();
  private static final Orthogonality HALF = new Orthogonality(0.5);

  /** Rows (3, 0) and (1, 1): P·Pᵀ − I = (8 3; 3 1). */
  @Test
  void theValueIsTheNormOfWhatTheGramMatrixHasBesideOnes() {
    INDArray matrix = Nd4j.createFromArray(new double[][] {{3, 0}, {1, 1}});

    assertThat(HALF.value(KERNELS, matrix, true))
        .isCloseTo(0.5 * Math.sqrt(64 + 9 + 9 + 1), within(1e-12));
    assertThat(HALF.value(KERNELS, matrix.transpose().dup('c'), false))
        .isCloseTo(HALF.value(KERNELS, matrix, true), within(1e-12));
  }

  @Test
  void orthonormalVectorsCostNothingAndStay() {
    INDArray identity = Nd4j.eye(3).castTo(DataType.DOUBLE);
    INDArray gradient = Values.zeros(3, 3);

    HALF.addGradient(KERNELS, identity, true, 1, gradient);

    assertThat(HALF.value(KERNELS, identity, true)).isZero();
    assertThat(gradient).isEqualTo(Values.zeros(3, 3));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theGradientIsTheSlopeAndIsAdded(boolean rows) {
    INDArray matrix = Values.random(1, rows ? new long[] {2, 5} : new long[] {5, 2});
    INDArray before = Values.random(2, matrix.shape());
    INDArray gradient = before.dup('c');

    HALF.addGradient(KERNELS, matrix, rows, 4, gradient);

    CentralDifferences.assertGradients(
        new Tensors(Map.of("p", matrix)),
        new Tensors(Map.of("p", gradient.sub(before))),
        () -> 4 * HALF.value(KERNELS, matrix, rows));
  }

  @Test
  void withoutAWeightNothingIsComputed() {
    INDArray gradient = Values.random(1, 2, 5);
    INDArray before = gradient.dup();

    new Orthogonality(0).addGradient(KERNELS, Values.random(2, 2, 5), true, 1, gradient);

    assertNear(gradient, before);
    assertThat(new Orthogonality(0).value(KERNELS, Values.random(2, 2, 5), true)).isZero();
  }
}
