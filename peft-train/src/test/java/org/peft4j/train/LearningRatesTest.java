package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups.Group;
import org.peft4j.train.LearningRateSweep.Point;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.schedule.StandardSchedule;

/** Rates of single tensors, warm-up by ratio, and the sweep of learning rates. */
class LearningRatesTest {
  private static final TrainingData DATA = TinyTraining.data(11);

  /** SGD's change is proportional to the rate. */
  @Test
  void tensorsThatAPatternNamesHaveItsRate() {
    Map<String, float[]> plain = changes(tuner -> tuner);
    Map<String, float[]> named =
        changes(
            tuner ->
                tuner
                    .learningRateOf("layers\\.0\\..*lora_B", 0.03)
                    .learningRateOf("lora_B", 0)
                    .learningRateOf("layers.1.*down_proj", 0.005));
    assertThat(named.keySet()).isEqualTo(plain.keySet()).hasSizeGreaterThan(4);
    named.forEach(
        (key, change) -> {
          double factor =
              key.contains("lora_B")
                  ? key.contains("layers.0.") ? 3 : 0
                  : key.contains("layers.1.mlp.down_proj") ? 0.5 : 1;
          float[] expected = Objects.requireNonNull(plain.get(key));
          for (int i = 0; i < change.length; i++) {
            assertThat((double) change[i])
                .as(key)
                .isCloseTo(factor * expected[i], within(2e-7 + 1e-4 * Math.abs(expected[i])));
          }
        });
  }

  private interface Change {
    FineTunerBuilder<?> of(FineTunerBuilder<?> tuner);
  }

  private static Map<String, float[]> changes(Change change) {
    try (TinyTraining tiny = new TinyTraining()) {
      tiny.model.network().params().addi(0.05);
      Map<String, float[]> before = tensors(tiny);
      change
          .of(
              FineTuner.builder(tiny.model, DATA)
                  .settings(
                      FineTuningSettings.builder()
                          .steps(1)
                          .learningRate(0.01)
                          .schedule(StandardSchedule.CONSTANT)
                          .build())
                  .optimizer(org.peft4j.train.optimizer.StandardOptimizer.SGD))
          .build()
          .run();
      Map<String, float[]> after = tensors(tiny);
      after.forEach(
          (key, values) -> {
            float[] old = Objects.requireNonNull(before.get(key));
            for (int i = 0; i < values.length; i++) {
              values[i] -= old[i];
            }
          });
      return after;
    }
  }

  private static Map<String, float[]> tensors(TinyTraining tiny) {
    Map<String, float[]> tensors = new java.util.TreeMap<>();
    tiny.model
        .adapter("default")
        .tensors()
        .forEach((key, tensor) -> tensors.put(key, tensor.dup().data().asFloat()));
    return tensors;
  }

  @Test
  void aPatternThatIsFoundInNoKeyIsRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner = FineTuner.builder(tiny.model, DATA).learningRateOf("lora_C", 1).build();

      assertThatThrownBy(tuner::run)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("\"lora_C\" is of no tensor")
          .hasMessageContaining("lora_");
      assertThatThrownBy(() -> FineTuner.builder(tiny.model, DATA).learningRateOf("a", -1))
          .hasMessageContaining("\"a\" is -1.0; allowed: 0 and above");
      assertThatThrownBy(() -> FineTuner.builder(tiny.model, DATA).learningRateOf("(", 1))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("is no regular expression");
    }
  }

  @Test
  void aCheckpointOfOtherRatesIsRefused(@TempDir Path folder) {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(TinyTraining.settings().steps(2).build())
          .learningRateOf("lora_B", 0.125)
          .checkpoints(folder, 2)
          .build()
          .run();
      FineTuner other =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().steps(2).build())
              .resumeFrom(folder.resolve("checkpoint-2"))
              .build();

      assertThatThrownBy(other::run).hasMessageContaining("learningRateOf.lora_B=0.125");
    }
  }

  @Test
  void aWarmUpByRatioIsRoundedUp() {
    try (TinyTraining tiny = new TinyTraining()) {
      Steps steps = new Steps();
      FineTuner.builder(tiny.model, DATA)
          .settings(
              FineTuningSettings.builder()
                  .steps(9)
                  .learningRate(8)
                  .warmupRatio(0.4)
                  .schedule(StandardSchedule.CONSTANT)
                  .build())
          .groups((key, dimensions, rate) -> new Group(0, 0))
          .listener(steps)
          .build()
          .run();

      // ⌈0.4 · 9⌉ = 4 steps.
      assertThat(steps.all())
          .extracting(StepMetrics::learningRate)
          .startsWith(0.0, 2.0, 4.0, 6.0, 8.0, 8.0);
    }
    assertThatThrownBy(FineTuningSettings.builder().warmupRatio(1.5)::build)
        .hasMessageContaining("warmupRatio is 1.5; allowed: 0 to 1");
    assertThatThrownBy(FineTuningSettings.builder().warmupRatio(0.5).warmupSteps(3)::build)
        .hasMessageContaining("above 0 without warmupSteps only");
  }

  @Test
  void aSweepPutsEverythingBack() {
    float[] whole;
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA).settings(TinyTraining.settings().build()).build().run();
      whole = tiny.parameters();
    }
    try (TinyTraining tiny = new TinyTraining()) {
      float[] before = tiny.parameters();
      FineTuner tuner =
          FineTuner.builder(tiny.model, DATA).settings(TinyTraining.settings().build()).build();

      LearningRateSweep sweep = tuner.sweepLearningRate(1e-6, 10, 40);

      assertThat(tiny.parameters()).isEqualTo(before);
      assertThat(sweep.points().get(0).learningRate()).isEqualTo(1e-6);
      double ratio = Math.pow(1e7, 1.0 / 39);
      for (int i = 1; i < sweep.points().size(); i++) {
        assertThat(sweep.points().get(i).learningRate())
            .isCloseTo(1e-6 * Math.pow(ratio, i), within(1e-9 * Math.pow(ratio, i)));
      }
      tuner.run();
      assertThat(tiny.parameters()).isEqualTo(whole);
    }
  }

  /**
   * The loss of gradient descent on a parabola, which falls until the rate passes 2 / curvature.
   */
  @Test
  void theSuggestionIsWhereTheLossFallsFastest() {
    double distance = 3;
    List<Double> rates =
        IntStream.range(0, 60).mapToObj(i -> 1e-4 * Math.pow(10, i / 12.0)).toList();
    List<Double> losses = new java.util.ArrayList<>();
    for (double rate : rates) {
      losses.add(0.5 * distance * distance);
      distance -= rate * distance;
    }
    LearningRateSweep sweep = LearningRateSweep.of(rates, losses);

    double suggestion = sweep.suggestion().orElseThrow();
    double lowest =
        sweep.points().stream()
            .min(java.util.Comparator.comparingDouble(Point::smoothed))
            .orElseThrow()
            .learningRate();
    assertThat(suggestion).isBetween(0.05, 1.0).isLessThan(lowest);
    assertThat(sweep.points().get(0).smoothed()).isEqualTo(4.5);
    // The weighted mean of all losses so far, by hand.
    assertThat(sweep.points().get(1).smoothed())
        .isCloseTo((0.9 * losses.get(0) + losses.get(1)) / 1.9, within(1e-12));
    assertThat(
            LearningRateSweep.of(rates.subList(0, 9), List.of(1., 2., 3., 4., 5., 6., 7., 8., 9.))
                .suggestion())
        .isEmpty();
  }

  @Test
  void impossibleRatesAreRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner = FineTuner.builder(tiny.model, DATA).build();

      assertThatThrownBy(() -> tuner.sweepLearningRate(1, 0.1, 100))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("1.0 to 0.1 in 100 steps; allowed: two growing numbers above 0");
    }
  }
}
