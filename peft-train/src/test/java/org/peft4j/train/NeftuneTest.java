package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.train.data.TrainingData;
import org.peft4j.transformers.TransformerOptions;

/** NEFTune: x + ε with ε uniform between ±α/√(L·d), in training alone. */
class NeftuneTest {
  private static final double ALPHA = 5;
  private static final int BATCH = 300;
  private static final TrainingData DATA = TinyTraining.data(11);

  private final Path folder;

  NeftuneTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static TinyTraining noisy() {
    return new TinyTraining(options -> options.withNeftuneAlpha(ALPHA));
  }

  private static INDArray ids(int time) {
    double[] ids = new Random(time).ints((long) BATCH * time, 3, 56).asDoubleStream().toArray();
    return Nd4j.create(ids, new long[] {BATCH, time}, 'c').castTo(Nd4j.dataType());
  }

  private static INDArray embeddings(TinyTraining tiny, INDArray ids, boolean training) {
    return Objects.requireNonNull(tiny.model.network().feedForward(ids, training).get("embeddings"))
        .dup();
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 12})
  void theNoiseIsUniformBetweenTheBoundsOfThePaper(int time) {
    try (TinyTraining tiny = noisy()) {
      INDArray plain = embeddings(tiny, ids(time), false);
      INDArray noise = embeddings(tiny, ids(time), true).sub(plain);
      INDArray other = embeddings(tiny, ids(time), true).sub(plain);
      double bound = ALPHA / Math.sqrt((double) time * plain.size(2));

      assertThat(noise.amaxNumber().doubleValue()).isBetween(0.99 * bound, 1.0001 * bound);
      assertThat(noise.meanNumber().doubleValue()).isCloseTo(0, within(0.02 * bound));
      assertThat(noise.mul(noise).meanNumber().doubleValue() / (bound * bound))
          .isCloseTo(1 / 3.0, within(0.015));
      assertThat(noise.mul(other).meanNumber().doubleValue() / (bound * bound))
          .as("correlation of two passes")
          .isCloseTo(0, within(0.015));
    }
  }

  @Test
  void thereIsNoneInEvaluationAndWithoutDropout() {
    try (TinyTraining tiny = noisy();
        TinyTraining without = new TinyTraining()) {
      INDArray plain = embeddings(without, ids(5), false);

      assertThat(embeddings(tiny, ids(5), false)).isEqualTo(plain);
      try (var scope = tiny.model.training().withoutDropout()) {
        assertThat(scope).isNotNull();
        assertThat(embeddings(tiny, ids(5), true)).isEqualTo(plain);
      }
    }
  }

  @Test
  void aResumedTrainingHasTheSameNoise() {
    float[] whole;
    try (TinyTraining tiny = noisy()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(TinyTraining.settings().build())
          .checkpoints(folder, 4)
          .build()
          .run();
      whole = tiny.parameters();
    }
    try (TinyTraining tiny = noisy()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(TinyTraining.settings().build())
          .resumeFrom(folder.resolve("checkpoint-4"))
          .build()
          .run();
      assertThat(tiny.parameters()).isEqualTo(whole);
    }
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA).settings(TinyTraining.settings().build()).build().run();
      assertThat(tiny.parameters()).isNotEqualTo(whole);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void otherNumbersAreRefused(double alpha) {
    assertThatThrownBy(() -> TransformerOptions.defaults().withNeftuneAlpha(alpha))
        .hasMessage("neftuneAlpha is " + alpha + "; allowed: 0 and above, finite.");
  }
}
