package org.peft4j.lora.internal.lowrank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;
import org.peft4j.testing.Values;

/** A and B that begin in spaces orthogonal to each other, of half the rank each. */
class OrthogonalStartTest {
  private static final Site SITE = Site.linear("proj", "proj", 7, 5, List.of());

  private static INDArray a(Site site, int rank, long seed) {
    INDArray a = Values.zeros(rank, site.inputs());
    OrthogonalStart.forA(site, rank).fill(a, new Random(seed));
    return a;
  }

  private static INDArray b(Site site, int rank, long seed) {
    INDArray b = Values.zeros(site.outputs(), rank);
    OrthogonalStart.forB(site, rank).fill(b, new Random(seed));
    return b;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 4, 8})
  void theProductIsZeroThoughNeitherFactorIs(int rank) {
    INDArray a = a(SITE, rank, 1);
    INDArray b = b(SITE, rank, 2);

    assertThat(b.mmul(a).amaxNumber().doubleValue()).isCloseTo(0, within(1e-15));
    assertThat(a.norm2Number().doubleValue()).isGreaterThan(0.05);
    assertThat(b.norm2Number().doubleValue()).isGreaterThan(0.05);
  }

  /** The tensors have generators of their own: what binds them is the site's name. */
  @Test
  void itHoldsForEverySiteAndNotAcrossSites() {
    Site other = Site.linear("other", "other", 7, 5, List.of());

    assertThat(b(other, 4, 2).mmul(a(other, 4, 1)).amaxNumber().doubleValue())
        .isCloseTo(0, within(1e-15));
    assertThat(b(other, 4, 2).mmul(a(SITE, 4, 1)).amaxNumber().doubleValue()).isGreaterThan(1e-4);
  }

  /** Rows of Q are orthonormal, so A has the size of X/10, with X normal. */
  @Test
  void entriesAreATenthOfNormalOnes() {
    Site wide = Site.linear("wide", "wide", 4000, 4000, List.of());

    // Each of the r columns holds the mean square (r/2)/r of X's.
    assertThat(a(wide, 8, 1).norm2Number().doubleValue() / Math.sqrt(4000 * 4))
        .isCloseTo(0.1, within(0.004));
    assertThat(b(wide, 8, 1).norm2Number().doubleValue() / Math.sqrt(4000 * 4))
        .isCloseTo(0.1, within(0.004));
  }
}
