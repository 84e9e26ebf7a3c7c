package org.peft4j.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;

/** Masks of 100 × 100 elements. */
class DropoutMaskTest {
  private static final Site SITE = Site.linear("q_proj", "q_proj", 4, 4, List.of());
  private static final Site OTHER = Site.linear("v_proj", "v_proj", 4, 4, List.of());

  private static INDArray mask(long seed, Site site, double dropout) {
    Pass pass = new Pass(new Nd4jKernels(), true, seed);
    return DropoutMask.draw(pass, site, dropout, DataType.DOUBLE, 100, 100);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 0.9})
  void elementsAreZeroWithTheProbabilityOrElseEnlargedByTheRest(double dropout) {
    double[] elements = mask(1, SITE, dropout).ravel().toDoubleVector();

    double kept = 1 / (1 - dropout);
    assertThat(elements).containsOnly(0, kept);
    double zeros = Arrays.stream(elements).filter(e -> e == 0).count();
    // Four standard deviations of 10,000 draws.
    double deviation = Math.sqrt(10_000 * dropout * (1 - dropout));
    assertThat(zeros).isBetween(10_000 * dropout - 4 * deviation, 10_000 * dropout + 4 * deviation);
  }

  @Test
  void theBackwardPassDrawsTheForwardsMaskAgain() {
    assertThat(mask(5, SITE, 0.5)).isEqualTo(mask(5, SITE, 0.5));
  }

  @Test
  void masksDifferFromPassToPassAndFromSiteToSite() {
    INDArray mask = mask(5, SITE, 0.5);

    assertThat(mask).isNotEqualTo(mask(6, SITE, 0.5));
    assertThat(mask).isNotEqualTo(mask(5, OTHER, 0.5));
  }
}
