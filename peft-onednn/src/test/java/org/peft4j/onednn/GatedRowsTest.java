package org.peft4j.onednn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Kernels;

/** Gates that are halves of wider rows, against those without gaps. */
class GatedRowsTest {
  private static final Kernels KERNELS = new OneDnnKernels();

  private static void assertSame(INDArray actual, INDArray expected) {
    double[] elements = expected.castTo(DataType.DOUBLE).ravel().toDoubleVector();
    Floats.assertElements(actual, elements, 1e-6);
  }

  private static void assertHalves(Activation f, long rows, long inner) {
    INDArray both = Floats.random(1, rows, 2 * inner).muli(3);
    INDArray up = both.get(all(), interval(0, inner));
    INDArray gate = both.get(all(), interval(inner, 2 * inner));
    INDArray dy = Floats.random(2, rows, inner);
    INDArray expected = Floats.zeros(rows, inner);
    INDArray dGate = Floats.zeros(rows, inner);
    INDArray dUp = Floats.zeros(rows, inner);
    KERNELS.gated(f, gate.dup(), up.dup(), expected);
    KERNELS.gatedGradient(f, gate.dup(), up.dup(), dy, dGate, dUp);

    INDArray y = Floats.zeros(rows, inner);
    KERNELS.gated(f, gate, up, y);
    assertSame(y, expected);
    KERNELS.gatedGradient(f, gate, up, dy, gate, up);
    assertSame(gate.dup(), dGate);
    assertSame(up.dup(), dUp);
  }

  @ParameterizedTest
  @EnumSource
  void halvesAreGatedAndGradientsOverwriteThem(Activation f) {
    assertHalves(f, 37, 53);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "1, 20000", "3, 9000", "5000, 7", "300, 128"})
  void rowsAreTakenInPieces(long rows, long inner) {
    assertHalves(Activation.GELU, rows, inner);
  }

  @Test
  void denseGradientsOverwriteTheirGatesToo() {
    INDArray gate = Floats.random(1, 6, 9);
    INDArray up = Floats.random(2, 6, 9);
    INDArray dy = Floats.random(3, 6, 9);
    INDArray dGate = Floats.zeros(6, 9);
    INDArray dUp = Floats.zeros(6, 9);
    KERNELS.gatedGradient(Activation.SILU, gate, up, dy, dGate, dUp);

    KERNELS.gatedGradient(Activation.SILU, gate, up, dy, gate, up);
    assertThat(gate).isEqualTo(dGate);
    assertThat(up).isEqualTo(dUp);
  }
}
