package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.optimizer.StandardOptimizer;
import org.peft4j.train.schedule.StandardSchedule;

/** Trainings with an optimizer that the library does not have. */
class OwnOptimizerTest {
  private static final TrainingData DATA = TinyTraining.data(11);

  private final Path folder;

  OwnOptimizerTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void theFirstStepFollowsTheGradient() {
    double rate = 0.5;
    double decay = 0.1;
    try (TinyTraining tiny = new TinyTraining();
        var plain = tiny.model.training().withoutDropout()) {
      float[] before = tiny.parameters();
      builder(tiny)
          .settings(
              FineTuningSettings.builder()
                  .steps(1)
                  .learningRate(rate)
                  .weightDecay(decay)
                  .schedule(StandardSchedule.CONSTANT)
                  .maxGradNorm(0)
                  .build())
          .build()
          .run();

      double[] gradient = tiny.model.network().gradient().gradient().toDoubleVector();
      float[] after = tiny.parameters();
      for (int i = 0; i < before.length; i++) {
        double expected = before[i] * (1 - rate * decay) - rate * gradient[i];
        assertThat((double) after[i]).isCloseTo(expected, within(1e-7));
      }
    }
  }

  @Test
  void aResumedTrainingEqualsOneThatWasNeverStopped() {
    float[] whole;
    try (TinyTraining tiny = new TinyTraining()) {
      builder(tiny).checkpoints(folder, 4).build().run();
      whole = tiny.parameters();
    }
    try (TinyTraining tiny = new TinyTraining()) {
      builder(tiny).resumeFrom(folder.resolve("checkpoint-4")).build().run();

      assertThat(tiny.parameters()).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aTrainingResumesWithEachOptimizerOfTheLibrary(StandardOptimizer optimizer) {
    float[] whole;
    try (TinyTraining tiny = new TinyTraining()) {
      builder(tiny).optimizer(optimizer).checkpoints(folder, 4).build().run();
      whole = tiny.parameters();
    }
    try (TinyTraining tiny = new TinyTraining()) {
      builder(tiny).optimizer(optimizer).resumeFrom(folder.resolve("checkpoint-4")).build().run();

      assertThat(tiny.parameters()).isEqualTo(whole);
    }
  }

  @Test
  void aCheckpointOfAnotherOptimizerIsRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      builder(tiny).checkpoints(folder, 4).build().run();
      float[] before = tiny.parameters();
      FineTuner other =
          FineTuner.builder(tiny.model, DATA)
              .settings(settings())
              .resumeFrom(folder.resolve("checkpoint-4"))
              .build();

      assertThatThrownBy(other::run)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("velocity belongs to another optimizer or method")
          .hasMessageContaining("[parameters, exp_avg, exp_avg_sq]");
      assertThat(tiny.parameters()).isEqualTo(before);
    }
  }

  private static FineTunerBuilder<TokenBatch> builder(TinyTraining tiny) {
    return FineTuner.builder(tiny.model, DATA)
        .settings(settings())
        .optimizer((parameters, places) -> new MomentumSgd(parameters));
  }

  private static FineTuningSettings settings() {
    return TinyTraining.settings().learningRate(0.1).build();
  }
}
