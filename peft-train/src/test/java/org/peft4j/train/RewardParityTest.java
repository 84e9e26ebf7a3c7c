package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.RewardObjective;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.loss.SequenceLoss;

/** A reward model trains as with TRL's RewardTrainer: its head is new, and in the adapter. */
class RewardParityTest {
  private static final double TOLERANCE = 1e-5;
  private static final RewardObjective REWARD = new RewardObjective(0.03);
  private static final PreferenceGolden GOLDEN = new PreferenceGolden("reward", "", "");

  private static TransformerModel open(int outputs) {
    return Transformers.open(
        GoldenCase.FOLDER.resolve("bases/llama"),
        TaskHead.sequences(Labels.count(outputs), ProblemType.REGRESSION),
        TransformerOptions.defaults().withDataType(DataType.DOUBLE));
  }

  @Test
  void lossGradientsMetricsAndStepsAreThoseOfTrl() {
    try (TransformerModel base = open(1);
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 0)) {
      model.loadAdapter("default", PreferenceGolden.FOLDER.resolve("reward"));
      model.setActive("default");
      PreferenceData data = PreferenceGolden.pairs();
      double[] losses = GOLDEN.expected("losses").toDoubleVector();

      BatchLoss first = REWARD.gradients(model, data.batch(0, 1, 2, 3));
      assertThat(first.value()).isCloseTo(losses[0], within(TOLERANCE));
      Map<String, INDArray> gradients = model.adapter("default").gradients();
      List<String> keys = GOLDEN.names("grad.");
      assertThat(gradients.keySet()).containsExactlyInAnyOrderElementsOf(keys);
      keys.forEach(key -> requireEqual(key, gradients.get(key), GOLDEN.expected("grad." + key)));
      assertThat(REWARD.loss(model, data.batch(0, 1, 2, 3)).value())
          .isCloseTo(losses[0], within(TOLERANCE));

      Steps steps = new Steps();
      FineTuner.builder(model, REWARD)
          .data(data)
          .settings(
              FineTuningSettings.builder()
                  .steps(PreferenceGolden.steps())
                  .batchSize(data.size())
                  .learningRate(PreferenceGolden.rate())
                  .weightDecay(0)
                  .maxGradNorm(0)
                  .schedule(StandardSchedule.CONSTANT)
                  .shuffle(false)
                  .build())
          .listener(steps)
          .build()
          .run();

      for (int step = 0; step < losses.length; step++) {
        StepMetrics made = steps.all().get(step);
        assertThat(made.loss()).isCloseTo(losses[step], within(TOLERANCE));
        for (String name : GOLDEN.names("metric.")) {
          assertThat(made.values().getOrDefault(name, Double.NaN))
              .as(name)
              .isCloseTo(GOLDEN.expected("metric." + name).getDouble(step), within(TOLERANCE));
        }
      }
      Map<String, INDArray> after = model.adapter("default").tensors();
      keys.forEach(key -> requireEqual(key, after.get(key), GOLDEN.expected("after." + key)));
    }
  }

  private static void requireEqual(String what, @Nullable INDArray present, INDArray expected) {
    INDArray found = Objects.requireNonNull(present, what);
    double scale = expected.amaxNumber().doubleValue();
    INDArray wide = expected.castTo(found.dataType());
    assertThat(found.sub(wide).amaxNumber().doubleValue() / scale).as(what).isLessThan(TOLERANCE);
  }

  @Test
  void otherModelsAreRefused() {
    assertThatThrownBy(() -> new RewardObjective(-1)).isInstanceOf(PeftException.class);
    try (TransformerModel base = open(2);
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 0)) {
      assertThatThrownBy(() -> REWARD.loss(model, PreferenceGolden.pairs().batch(0)))
          .hasMessageContaining("a classifier of sequences with one output");
    }
    assertThat(SequenceLoss.current()).isEmpty();
  }
}
