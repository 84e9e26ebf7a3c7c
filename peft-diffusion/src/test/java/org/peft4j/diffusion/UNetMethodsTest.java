package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.transformers.config.Precision;

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

  /** Gradients from what layers keep in BF16 are near those that checkpointing computes anew. */
  @ParameterizedTest
  @ValueSource(strings = {"attention", "convolutions"})
  void resultsKeptInHalfPrecisionGiveNearGradients(String name) {
    DiffusionOptions half = DiffusionOptions.defaults().withPrecision(Precision.BF16);
    INDArray rounded = gradient(name, half);
    INDArray exact = gradient(name, half.withGradientCheckpointing(true));
    assertThat(rounded.sub(exact).norm2Number().doubleValue())
        .isBetween(Double.MIN_NORMAL, 1e-2 * exact.norm2Number().doubleValue());
  }

  private static INDArray gradient(String name, DiffusionOptions options) {
    GoldenUNet golden = GoldenUNet.named(name);
    LoraConfig config =
        LoraConfig.builder().rank(2).targetRegex(".*\\.(to_q|to_v|conv1|conv2|proj)").build();
    try (UNet unet = golden.open(options)) {
      ComputationGraph network = unet.wrap(config).network();
      INDArray parameters = network.params();
      Nd4j.getRandom().setSeed(9);
      parameters.assign(Nd4j.randn(parameters.dataType(), parameters.shape()).muli(0.1));
      golden.set(network);
      network.computeGradientAndScore();
      return network.getFlattenedGradients().dup();
    }
  }
}
