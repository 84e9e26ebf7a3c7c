package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.internal.Changes;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** LoRA on a convolution of 2 to 3 channels with a kernel of 2 by 1. */
class LoraConvolutionTest {
  private static final Site SITE =
      Site.convolution("conv", "conv", 2, 3, List.of(2L, 1L), List.of());

  private static LoraLinear lora(double dropout, LoraInit init) {
    return new LoraLinear(SITE, new LoraShape(2, 0.5, dropout, false, init));
  }

  @Test
  void itsFactorsAreConvolutions() {
    assertThat(Values.shapes(lora(0, LoraInit.STANDARD).parameters()))
        .isEqualTo(
            Map.of(
                "lora_A.weight", List.of(2L, 2L, 2L, 1L),
                "lora_B.weight", List.of(3L, 2L, 1L, 1L)));
  }

  @Test
  void theChangeIsTheSumOverTheRanks() {
    LoraLinear lora = lora(0, LoraInit.STANDARD);
    Tensors values = Values.random(1, lora.parameters());
    INDArray a = values.get("lora_A.weight");
    INDArray b = values.get("lora_B.weight");

    INDArray delta = Changes.of(lora, inference(), values, 3, 2, 2, 1);

    for (int o = 0; o < 3; o++) {
      for (int i = 0; i < 2; i++) {
        for (int k = 0; k < 2; k++) {
          double sum =
              b.getDouble(o, 0, 0, 0) * a.getDouble(0, i, k, 0)
                  + b.getDouble(o, 1, 0, 0) * a.getDouble(1, i, k, 0);
          assertThat(delta.getDouble(o, i, k, 0)).isCloseTo(0.5 * sum, within(1e-12));
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.4})
  void gradientsAreSlopes(double dropout) {
    LoraLinear lora = lora(dropout, LoraInit.STANDARD);

    Changes.assertSlopesOfWeight(
        lora, training(3), Values.random(2, lora.parameters()), 3, 2, 2, 1);
  }

  @Test
  void theFanInOfAIsAKernelOfAllChannels() {
    Tensors standard = Values.first(1, lora(0, LoraInit.STANDARD).parameters());
    Tensors random = Values.first(1, lora(0, LoraInit.RANDOM).parameters());

    assertThat(standard.get("lora_A.weight").amaxNumber().doubleValue()).isBetween(0.2, 0.5);
    assertThat(standard.get("lora_B.weight").amaxNumber().doubleValue()).isZero();
    assertThat(random.get("lora_B.weight").amaxNumber().doubleValue())
        .isBetween(0.2, 1 / Math.sqrt(2));
  }
}
