package org.peft4j.diffusion;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.config.PeftConfig;

/** Methods that have no place in a UNet say so. */
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
}
