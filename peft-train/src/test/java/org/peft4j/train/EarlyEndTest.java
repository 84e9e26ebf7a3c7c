package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.WatchedMetric;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.train.stop.EarlyStopping;
import org.peft4j.train.stop.TokenBudget;

/** Trainings that end before their last step, and which adapter they leave. */
class EarlyEndTest {
  private static final TrainingData DATA = TinyTraining.data(11);
  private static final TrainingData HELD = TinyTraining.data(5, 77);

  private final Path folder;

  EarlyEndTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** Learns the training data by heart, so that the loss of other data falls and rises. */
  private FineTunerBuilder<TokenBatch> overfitting(TinyTraining tiny) {
    return FineTuner.builder(tiny.model, DATA)
        .settings(
            FineTuningSettings.builder()
                .steps(40)
                .batchSize(11)
                .learningRate(0.05)
                .schedule(StandardSchedule.CONSTANT)
                .evalEvery(2)
                .build())
        .evaluation(HELD)
        .checkpoints(folder, 5, 1);
  }

  private List<String> checkpoints() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(name -> name.startsWith("checkpoint-"))
          .sorted(Comparator.comparingInt(name -> Integer.parseInt(name.substring(11))))
          .toList();
    }
  }

  @Test
  void theBestCheckpointStaysAndTheModelHasItsAdapter() throws IOException {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningResult result =
          overfitting(tiny)
              .stopWhen(new EarlyStopping(WatchedMetric.loss(), 4, 0))
              .keepBest(WatchedMetric.loss())
              .build()
              .run();

      StepEvaluation best = result.best().orElseThrow();
      assertThat(best.evaluation().loss())
          .isEqualTo(
              result.evaluations().stream()
                  .mapToDouble(e -> e.evaluation().loss())
                  .min()
                  .orElse(0));
      assertThat(result.steps()).isEqualTo(best.step() + 8).isLessThan(40);
      assertThat(result.reason().orElseThrow()).contains("after step " + best.step());
      assertThat(result.interrupted()).isFalse();
      assertThat(new Evaluator(tiny.model, 11).evaluate(HELD)).isEqualTo(best.evaluation());
      assertThat(checkpoints())
          .containsExactly("checkpoint-" + best.step(), "checkpoint-" + result.steps());
    }
  }

  @Test
  void aResumedTrainingEndsAtTheSameStepWithTheSameBest() throws IOException {
    FineTuningResult whole;
    float[] parameters;
    try (TinyTraining tiny = new TinyTraining()) {
      whole =
          overfitting(tiny)
              .checkpoints(folder, 1, 100)
              .stopWhen(new EarlyStopping(WatchedMetric.loss(), 4, 0))
              .keepBest(WatchedMetric.loss())
              .build()
              .run();
      parameters = tiny.parameters();
    }
    long last = whole.steps();
    for (long cut : new long[] {last - 1, last - 3, last - 9, last}) {
      try (TinyTraining tiny = new TinyTraining()) {
        FineTuningResult resumed =
            overfitting(tiny)
                .checkpoints(folder, 1, 100)
                .stopWhen(new EarlyStopping(WatchedMetric.loss(), 4, 0))
                .keepBest(WatchedMetric.loss())
                .resumeFrom(folder.resolve("checkpoint-" + cut))
                .build()
                .run();

        assertThat(resumed.steps()).isEqualTo(last);
        assertThat(resumed.best()).isEqualTo(whole.best());
        assertThat(resumed.reason()).isEqualTo(whole.reason());
        assertThat(tiny.parameters()).isEqualTo(parameters);
      }
    }
  }

  @Test
  void aBudgetEndsWithAnEvaluationAndACheckpoint() throws IOException {
    try (TinyTraining tiny = new TinyTraining()) {
      int epoch = DATA.batch(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10).tokens();
      FineTuningResult result =
          overfitting(tiny).stopWhen(new TokenBudget(2L * epoch + 1)).build().run();

      assertThat(result.steps()).isEqualTo(3);
      assertThat(result.reason()).contains("it has seen " + 3 * epoch + " tokens");
      assertThat(result.evaluations()).extracting("step").containsExactly(2L, 3L);
      assertThat(checkpoints()).containsExactly("checkpoint-3");

      FineTuningResult more =
          overfitting(tiny)
              .stopWhen(new TokenBudget(4L * epoch))
              .resumeFrom(folder.resolve("checkpoint-3"))
              .build()
              .run();

      assertThat(more.steps()).isEqualTo(4);
    }
  }

  @Test
  void aMetricThatEvaluationsLackIsToldBeforeTheFirstStep() {
    try (TinyTraining tiny = new TinyTraining()) {
      Steps steps = new Steps();
      FineTuner tuner =
          overfitting(tiny).listener(steps).keepBest(WatchedMetric.parse("accuracy")).build();

      assertThatThrownBy(tuner::run)
          .hasMessageContaining("They have loss, perplexity, token_accuracy.");
      assertThat(steps.all()).isEmpty();
    }
  }

  @Test
  void whatGoesByEvaluationsNeedsSome() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTunerBuilder<TokenBatch> plain =
          FineTuner.builder(tiny.model, DATA).keepBest(WatchedMetric.loss());

      assertThatThrownBy(plain::build).hasMessageContaining("there is no data for them");
      assertThatThrownBy(plain.evaluation(HELD)::build).hasMessageContaining("evalEvery is 0");
      plain.settings(FineTuningSettings.builder().evalEvery(1).build());
      assertThatThrownBy(plain::build)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("is to be kept, and none is written");
    }
  }

  @Test
  void aNumberThatIsNotFiniteNamesStepTensorAndTheLastGoodCheckpoint() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner =
          overfitting(tiny)
              .listener(
                  Steps.after(6, () -> tiny.model.network().params().putScalar(0, Float.MAX_VALUE)))
              .build();

      assertThatThrownBy(tuner::run)
          .isInstanceOf(NonFiniteException.class)
          .hasMessageStartingWith("Step 7: ")
          .hasMessageContaining("base_model.model.model.layers.1.self_attn.q_proj.lora_A.weight")
          .hasMessageEndingWith("The last good checkpoint is " + folder + "/checkpoint-5.");
    }
  }

  @Test
  void anEvaluationIsOfTheHeldOutData() {
    try (TinyTraining tiny = new TinyTraining()) {
      Evaluation before = new Evaluator(tiny.model, 11).evaluate(HELD);
      FineTuningResult result = overfitting(tiny).stopWhen(new TokenBudget(1)).build().run();

      assertThat(result.evaluations().get(0).evaluation().predictions())
          .isEqualTo(before.predictions());
    }
  }
}
