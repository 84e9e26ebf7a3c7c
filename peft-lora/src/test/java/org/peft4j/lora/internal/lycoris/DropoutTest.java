package org.peft4j.lora.internal.lycoris;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.peft4j.lora.internal.Changes.inference;
import static org.peft4j.lora.internal.Changes.training;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.site.Site;

/** Dropout of rows of ΔW, and of all of it. */
class DropoutTest {
  private static final Site SITE = Site.linear("proj", "proj", 4, 1000, List.of());

  private static double[] mask(Dropout dropout, long seed) {
    return dropout.rowMask(training(seed), SITE, DataType.DOUBLE).toDoubleVector();
  }

  @Test
  void aRowIsDroppedWithItsProbability() {
    double[] mask = mask(new Dropout(0.3, 0, false), 1);

    assertThat(mask).containsOnly(new double[] {0, 1}, within(1e-15));
    assertThat(Arrays.stream(mask).average().orElseThrow()).isCloseTo(0.7, within(0.05));
  }

  /** Hugging Face PEFT divides by the share that is left, not by the probability. */
  @Test
  void scaledRowsHaveAMeanOfOne() {
    double[] mask = mask(new Dropout(0.3, 0, true), 1);
    double share = Arrays.stream(mask).filter(v -> v > 0).count() / 1000.0;

    assertThat(Arrays.stream(mask).average().orElseThrow()).isCloseTo(1, within(1e-12));
    assertThat(Arrays.stream(mask).max().orElseThrow()).isCloseTo(1 / share, within(1e-12));
  }

  @Test
  void rowsThatAreAllDroppedStayZero() {
    Site one = Site.linear("one", "one", 4, 1, List.of());
    Dropout dropout = new Dropout(0.999, 0, true);

    INDArray mask = dropout.rowMask(training(1), one, DataType.DOUBLE);

    assertThat(mask.toDoubleVector()).containsExactly(0);
  }

  @Test
  void forwardAndBackwardDrawTheSame() {
    Dropout dropout = new Dropout(0.5, 0.5, false);

    assertThat(mask(dropout, 1)).isEqualTo(mask(dropout, 1)).isNotEqualTo(mask(dropout, 2));
    assertThat(dropout.skips(training(1), SITE)).isEqualTo(dropout.skips(training(1), SITE));
  }

  @Test
  void anAdapterIsLeftOutOfItsShareOfPasses() {
    Dropout dropout = new Dropout(0, 0.25, false);

    long skipped =
        LongStream.range(0, 2000)
            .map(seed -> seed * 0x9E3779B97F4A7C15L)
            .filter(seed -> dropout.skips(training(seed), SITE))
            .count();

    assertThat(skipped).isBetween(440L, 560L);
  }

  @Test
  void nothingIsDroppedOutsideOfTraining() {
    Dropout dropout = new Dropout(0.9, 0.999, false);

    assertThat(dropout.dropsRows(inference())).isFalse();
    assertThat(dropout.skips(inference(), SITE)).isFalse();
    assertThat(dropout.dropsRows(training(1))).isTrue();
    assertThat(new Dropout(0, 0, false).dropsRows(training(1))).isFalse();
  }
}
