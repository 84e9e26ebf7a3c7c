package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Tensors;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.lora.internal.lycoris.CoreFactor;
import org.peft4j.lora.internal.lycoris.Factor.Start;

/** The factor of a convolution with a core, against its sum written out. */
class CoreFactorTest {
  @Test
  void theMatrixIsTheSumOverBothRanks() {
    Nd4j.getRandom().setSeed(1);
    CoreFactor factor = new CoreFactor("w", "t", Start.UNIFORM, 5, 2, 3, List.of(2L, 4L));
    INDArray t = Nd4j.rand(DataType.DOUBLE, 2, 2, 2, 4);
    INDArray a = Nd4j.rand(DataType.DOUBLE, 2, 5);
    INDArray b = Nd4j.rand(DataType.DOUBLE, 2, 3);
    INDArray matrix =
        factor
            .matrix(new Nd4jKernels(), new Tensors(Map.of("t", t, "w_a", a, "w_b", b)))
            .reshape('c', 5, 3, 2, 4);
    for (int p = 0; p < 5; p++) {
      for (int q = 0; q < 3; q++) {
        for (int k = 0; k < 8; k++) {
          double sum = 0;
          for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 2; j++) {
              sum += t.getDouble(i, j, k / 4, k % 4) * a.getDouble(i, p) * b.getDouble(j, q);
            }
          }
          assertThat(matrix.getDouble(p, q, k / 4, k % 4)).isCloseTo(sum, within(1e-12));
        }
      }
    }
  }
}
