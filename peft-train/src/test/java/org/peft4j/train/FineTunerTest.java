package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.method.ParameterGroups.Group;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.objective.CrossEntropy;
import org.peft4j.train.schedule.Schedule;
import org.peft4j.train.schedule.StandardSchedule;

class FineTunerTest {
  private static final TrainingData DATA = TinyTraining.data(11);

  private final Steps steps = new Steps();

  @Test
  void theSameSeedGivesTheSameAdapterBitForBit() {
    float[] first = trained(TinyTraining.settings().build());
    float[] second = trained(TinyTraining.settings().build());

    assertThat(second).isEqualTo(first);
    assertThat(trained(TinyTraining.settings().seed(4).build())).isNotEqualTo(first);
  }

  private float[] trained(FineTuningSettings settings) {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA).settings(settings).build().run();
      return tiny.parameters();
    }
  }

  @Test
  void accumulatedBatchesAreOneLargeBatch() {
    // Without dropout, whose masks belong to the batch.
    GoldenCase golden = GoldenCase.named("llama_qv");
    FineTuningSettingsBuilder settings =
        FineTuningSettings.builder().steps(3).learningRate(0.01).shuffle(false);
    double[] losses = new double[2];
    float[][] parameters = new float[2][];
    for (int i = 0; i < 2; i++) {
      settings.batchSize(i == 0 ? 6 : 2).gradientAccumulation(i == 0 ? 1 : 3);
      try (var base = golden.base();
          var model = golden.wrap(base)) {
        losses[i] =
            FineTuner.builder(model, DATA).settings(settings.build()).build().run().finalLoss();
        parameters[i] = model.network().params().toFloatVector();
      }
    }

    assertThat(losses[1]).isCloseTo(losses[0], within(1e-6));
    assertThat(parameters[1]).containsExactly(parameters[0], within(1e-5f));
  }

  @Test
  void metricsAreOfEveryStep() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningResult result =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().build())
              .listener(steps)
              .build()
              .run();

      assertThat(steps.all())
          .extracting(StepMetrics::step)
          .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L);
      assertThat(steps.all().get(0).learningRate()).isZero();
      assertThat(steps.all().get(2).learningRate()).isEqualTo(1e-2);
      assertThat(steps.all())
          .allMatch(s -> s.loss() > 0 && s.gradNorm() > 0 && s.tokensPerSecond() > 0);
      assertThat(result.steps()).isEqualTo(10);
      assertThat(result.finalLoss()).isEqualTo(steps.all().get(9).loss());
      assertThat(result.interrupted()).isFalse();
    }
  }

  @Test
  void evaluationsComeAsOftenAsAskedForAndAtTheEnd() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningResult result =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().evalEvery(4).build())
              .evaluation(DATA)
              .build()
              .run();

      assertThat(result.evaluations()).extracting("step").containsExactly(4L, 8L, 10L);
      assertThat(result.evaluations().get(2).evaluation())
          .isEqualTo(new Evaluator(tiny.model.network(), 3).evaluate(DATA));
    }
  }

  @Test
  void evaluationDoesNotDependOnTheBatchSize() {
    try (TinyTraining tiny = new TinyTraining()) {
      Evaluation one = new Evaluator(tiny.model.network(), 1).evaluate(DATA);
      Evaluation all = new Evaluator(tiny.model.network(), 100).evaluate(DATA);

      assertThat(one.loss()).isCloseTo(all.loss(), within(1e-6));
      assertThat(one.predictions()).isEqualTo(all.predictions()).isEqualTo(DATA.labelled());
      assertThat(one.perplexity()).isEqualTo(Math.exp(one.loss()));
    }
  }

  @Test
  void aNonFiniteGradientStopsTrainingAndLeavesTheAdapterAsItWas() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().schedule(StandardSchedule.CONSTANT).build())
              .listener(steps)
              .listener(
                  Steps.after(3, () -> tiny.model.network().params().putScalar(0, Float.MAX_VALUE)))
              .build();

      assertThatThrownBy(tuner::run)
          .isInstanceOf(NonFiniteException.class)
          .hasMessageMatching(
              "Step 4: the gradient of base_model\\.model\\.model\\.layers\\.\\d\\.(self_attn\\.q|mlp\\.down)"
                  + "_proj\\.lora_[AB]\\.weight is not finite\\. The adapter .*");

      assertThat(steps.all()).hasSize(3);
      assertThat(tiny.parameters()).doesNotContain(Float.NaN, Float.POSITIVE_INFINITY);
    }
  }

  @Test
  void anInterruptEndsTheRunAfterTheStep() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningResult result = stoppedAtStep2(tiny, tuner -> Thread.currentThread().interrupt());

      assertThat(result.interrupted()).isTrue();
      assertThat(result.steps()).isEqualTo(2);
      assertThat(Thread.interrupted()).isFalse();
    }
  }

  @Test
  void stopEndsTheRunAfterTheStep() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningResult result = stoppedAtStep2(tiny, FineTuner::stop);

      assertThat(result.interrupted()).isTrue();
      assertThat(result.steps()).isEqualTo(2);
    }
  }

  private static FineTuningResult stoppedAtStep2(TinyTraining tiny, Consumer<FineTuner> stop) {
    FineTuner[] tuner = new FineTuner[1];
    tuner[0] =
        FineTuner.builder(tiny.model, DATA)
            .settings(TinyTraining.settings().build())
            .listener(Steps.after(2, () -> stop.accept(tuner[0])))
            .build();
    return tuner[0].run();
  }

  @Test
  void aModelWithoutActiveAdapterIsRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      tiny.model.setActive();

      assertThatThrownBy(() -> FineTuner.builder(tiny.model, DATA).build())
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("No adapter is active")
          .hasMessageContaining("[default]");
    }
  }

  @Test
  void aScheduleOfOnesOwnSetsTheRates() {
    Schedule halving =
        new Schedule() {
          @Override
          public double factor(long step, long warmup, long total) {
            return Math.pow(0.5, step);
          }

          @Override
          public String name() {
            return "HALVING";
          }
        };
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(FineTuningSettings.builder().steps(3).learningRate(8).build())
          .schedule(halving)
          .listener(steps)
          .build()
          .run();

      assertThat(steps.all()).extracting(StepMetrics::learningRate).containsExactly(8.0, 4.0, 2.0);
    }
  }

  /** Each tensor of two active adapters learns as its group says, wherever it lies. */
  @Test
  void groupsReachTheirTensors() {
    try (TinyTraining tiny = new TinyTraining()) {
      tiny.model.addAdapter("second", LoraConfig.builder().targetModules("o_proj").build());
      tiny.model.setActive("default", "second");
      INDArray before = tiny.model.network().params().dup();
      FineTuner.builder(tiny.model, DATA)
          .settings(FineTuningSettings.builder().steps(1).learningRate(0.5).build())
          .groups((key, dimensions, rate) -> new Group(key.contains("q_proj") ? 0 : 1, 0))
          .build()
          .run();
      Map<String, INDArray> after = new LinkedHashMap<>();
      for (String adapter : tiny.model.active()) {
        tiny.model
            .adapter(adapter)
            .tensors()
            .forEach((key, tensor) -> after.put(adapter + key, tensor.dup()));
      }
      tiny.model.network().params().assign(before);
      for (String adapter : tiny.model.active()) {
        tiny.model
            .adapter(adapter)
            .tensors()
            .forEach(
                (key, tensor) -> {
                  boolean moved = key.contains("lora_B") && !key.contains("q_proj");
                  assertThat(tensor.equals(after.get(adapter + key))).as(key).isEqualTo(!moved);
                });
      }
    }
  }

  @Test
  void aTrainingWithoutDataIsRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      assertThatThrownBy(() -> FineTuner.builder(tiny.model, new CrossEntropy()).build())
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("no data to train on");
    }
  }
}
