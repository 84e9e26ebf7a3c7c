package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;

/**
 * Methods that have no place in a UNet say so; those that have one compute no more than they need.
 */
class UNetMethodsTest {
  private static void assertRefused(PeftConfig config, String reason) {
    GoldenUNet golden = GoldenUNet.named("attention");
    try (UNet unet = golden.open(DiffusionOptions.defaults())) {
      assertThatThrownBy(() -> unet.wrap(config)).hasMessageContaining(reason);
    }
  }

  @Test
  void bottlenecksAreRefused() {
    assertRefused(
        BottleneckConfig.houlsby().build(), "BOTTLENECK acts between the modules of a transformer");
  }

  /** The memory that layers keep for a backward pass, with a new adapter on these modules. */
  private static long kept(String targets) {
    GoldenUNet golden = GoldenUNet.named("attention");
    try (UNet unet = golden.open(DiffusionOptions.defaults())) {
      PeftModel<ComputationGraph> model =
          unet.wrap(LoraConfig.builder().rank(2).targetRegex(targets).build());
      golden.set(model.network());
      model.network().computeGradientAndScore();
      return unet.model().kept().bytes();
    }
  }

  @Test
  void layersBelowTheLowestAdapterKeepNothingForABackwardPass() {
    long end = kept("conv_out");
    long top = kept("up_blocks\\.1\\.attentions\\.1\\..*to_v");
    long middle = kept("mid_block\\..*to_v");
    long all = kept("conv_in");

    assertThat(end).isZero();
    assertThat(top).isPositive().isLessThan(middle / 2);
    assertThat(middle).isLessThan(all);
  }
}
