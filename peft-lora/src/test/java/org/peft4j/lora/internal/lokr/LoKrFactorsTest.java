package org.peft4j.lora.internal.lokr;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tensors;
import org.peft4j.lora.internal.lycoris.CoreFactor;
import org.peft4j.lora.internal.lycoris.FullFactor;
import org.peft4j.lora.internal.lycoris.LowRankFactor;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.lokr.LoKrInit;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** Which form w1 and w2 have: those of a map of 96 features to 64 are [8, 8] and [8, 12]. */
class LoKrFactorsTest {
  private static final Site LINEAR = Site.linear("proj", "proj", 96, 64, List.of());
  private static final Site KERNEL =
      Site.convolution("conv", "conv", 96, 64, List.of(3L, 3L), List.of());
  private static final Kronecker PRODUCT = new Kronecker(Divisors.of(64, -1), Divisors.of(96, -1));

  private static LoKrFactors factors(Site site, LoKrConfig.Builder config) {
    return new LoKrFactors(site, config.build(), PRODUCT);
  }

  private static LoKrConfig.Builder rank(int rank) {
    return LoKrConfig.builder().rank(rank);
  }

  @Test
  void theDimensionsAreDividedNearTheirRoots() {
    assertThat(PRODUCT.outputs()).isEqualTo(new Divisors(8, 8));
    assertThat(PRODUCT.inputs()).isEqualTo(new Divisors(8, 12));
  }

  /** Below half the larger side of w2, 12, a product of two is smaller than w2 itself. */
  @ParameterizedTest
  @CsvSource({"5, true", "6, false", "20, false"})
  void theSecondIsOfLowRankBelowHalfItsLargerSide(int rank, boolean low) {
    assertThat(factors(LINEAR, rank(rank)).second() instanceof LowRankFactor).isEqualTo(low);
  }

  @ParameterizedTest
  @CsvSource({"3, true, true", "4, true, false", "3, false, false"})
  void theFirstIsFullUnlessBothMayBeDecomposed(int rank, boolean both, boolean low) {
    LoKrFactors factors = factors(LINEAR, rank(rank).decomposeBoth(both));

    assertThat(factors.first() instanceof LowRankFactor).isEqualTo(low);
  }

  @Test
  void aKernelIsInTheSecondFactor() {
    assertThat(factors(KERNEL, rank(4)).second()).isInstanceOf(LowRankFactor.class);
    assertThat(Values.shapes(factors(KERNEL, rank(4)).second().parameters()))
        .isEqualTo(Map.of("lokr_w2_a", List.of(8L, 4L), "lokr_w2_b", List.of(4L, 108L)));
    assertThat(factors(KERNEL, rank(4).effectiveConvolution(true)).second())
        .isInstanceOf(CoreFactor.class);
    assertThat(factors(KERNEL, rank(6)).second())
        .isInstanceOfSatisfying(
            FullFactor.class, full -> assertThat(full.shape()).containsExactly(8L, 12L, 3L, 3L));
  }

  @ParameterizedTest
  @CsvSource({"STANDARD, true, false", "LYCORIS, false, true", "RANDOM, false, false"})
  void oneOfThemBeginsAtZero(LoKrInit init, boolean firstIsZero, boolean secondIsZero) {
    LoKrFactors factors = factors(LINEAR, rank(20).init(init));

    assertThat(isZero(Values.first(1, factors.first().parameters()), "lokr_w1"))
        .isEqualTo(firstIsZero);
    assertThat(isZero(Values.first(1, factors.second().parameters()), "lokr_w2"))
        .isEqualTo(secondIsZero);
  }

  @Test
  void ofAProductThatBeginsAtZeroOneTensorDoes() {
    Tensors first =
        Values.first(1, factors(LINEAR, rank(3).decomposeBoth(true)).first().parameters());
    Tensors second =
        Values.first(1, factors(LINEAR, rank(3).init(LoKrInit.LYCORIS)).second().parameters());

    assertThat(isZero(first, "lokr_w1_a")).isTrue();
    assertThat(isZero(first, "lokr_w1_b")).isFalse();
    assertThat(isZero(second, "lokr_w2_a")).isFalse();
    assertThat(isZero(second, "lokr_w2_b")).isTrue();
  }

  private static boolean isZero(Tensors tensors, String name) {
    INDArray tensor = tensors.get(name);
    return tensor.amaxNumber().doubleValue() == 0;
  }
}
