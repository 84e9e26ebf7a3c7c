package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

class FineTuningSettingsTest {
  @Test
  void allImpossibleValuesAreNamedAtOnce() {
    FineTuningSettingsBuilder builder =
        FineTuningSettings.builder()
            .epochs(0)
            .batchSize(0)
            .gradientAccumulation(-1)
            .learningRate(Double.NaN)
            .weightDecay(-0.1)
            .warmupSteps(-2)
            .maxGradNorm(Double.POSITIVE_INFINITY)
            .evalEvery(-3);

    assertThatThrownBy(builder::build)
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "These settings are impossible:"
                + " epochs is 0; allowed: 1 and above, or set steps."
                + " batchSize is 0; allowed: 1 and above."
                + " gradientAccumulation is -1; allowed: 1 and above, times batchSize at most"
                + " 2147483647."
                + " learningRate is NaN; allowed: 0 and above, finite."
                + " weightDecay is -0.1; allowed: 0 and above, finite."
                + " warmupSteps is -2; allowed: 0 and above."
                + " maxGradNorm is Infinity; allowed: 0 and above, finite."
                + " evalEvery is -3; allowed: 0 and above.");
  }
}
