package org.peft4j.onednn.internal.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Exponentials against those of {@code Math} in double precision. */
class ExponentialTest {
  /** Two units in the last place. */
  private static final double BOUND = 2.4e-7;

  @Test
  void allOfItsRange() {
    int count = 35001;
    float[] x = new float[Exponential.room(count)];
    for (int i = 0; i < count; i++) {
      x[i] = Exponential.LEAST + i * (Exponential.MOST - Exponential.LEAST) / (count - 1) + 0.5f;
    }
    float[] given = x.clone();
    Exponential.apply(x, count, 0.5f);
    for (int i = 0; i < count; i++) {
      float shifted = Math.max(Exponential.LEAST, Math.min(Exponential.MOST, given[i] - 0.5f));
      double expected = Math.exp(shifted);
      assertThat(x[i] / expected).as("exp(%s)", shifted).isCloseTo(1, within(BOUND));
    }
  }

  @Test
  void outsideItsRangeItStaysAtTheEnds() {
    float[] x = new float[Exponential.room(4)];
    x[0] = Float.NEGATIVE_INFINITY;
    x[1] = -1e30f;
    x[2] = Float.POSITIVE_INFINITY;
    x[3] = Float.NaN;
    Exponential.apply(x, 4, 0);
    assertThat(x[0]).isBetween(0f, 2e-38f);
    assertThat(x[1]).isEqualTo(x[0]);
    assertThat(x[2]).isBetween(1e38f, Float.MAX_VALUE);
    assertThat(x[3]).isNaN();
  }
}
