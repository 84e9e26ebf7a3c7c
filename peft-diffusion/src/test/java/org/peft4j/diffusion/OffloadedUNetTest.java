package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.config.Precision;

/** Weights of layers that stay in their file: the same numbers. */
class OffloadedUNetTest {
  private static final DiffusionOptions PLAIN = DiffusionOptions.defaults();

  @BeforeAll
  static void linuxOrMac() {
    assumeTrue(!System.getProperty("os.name").startsWith("Windows"));
  }

  /** The gradients of two passes, the first of which gives pages back. */
  private static List<INDArray> run(GoldenUNet golden, DiffusionOptions options) {
    List<INDArray> results = new ArrayList<>();
    try (UNet unet = golden.open(options);
        PeftModel<ComputationGraph> model = unet.adapt(golden.adapter())) {
      ComputationGraph network = model.network();
      for (int pass = 0; pass < 2; pass++) {
        golden.set(network);
        network.computeGradientAndScore();
        results.add(network.gradient().gradient().dup());
      }
    }
    return results;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void gradientsAreTheSameBitForBit(boolean checkpointing) {
    GoldenUNet golden = GoldenUNet.named("attention");
    DiffusionOptions options = PLAIN.withGradientCheckpointing(checkpointing);

    assertThat(run(golden, options.withOffload(true))).isEqualTo(run(golden, options));
  }

  @Test
  void weightsThatDoNotLieInTheFileAreRefused() {
    GoldenUNet golden = GoldenUNet.named("attention");
    DiffusionOptions offloaded = PLAIN.withOffload(true);

    assertThatThrownBy(() -> golden.open(offloaded.withPrecision(Precision.BF16)))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll("would be in memory, as BF16", "fp32 of F32", "no quantization.");
    assertThatThrownBy(() -> golden.open(offloaded.withQuantization(Quantization.nf4())))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll("would be in memory, as NF4", "no quantization.");
  }
}
