package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.objective.BatchLoss;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.preference.PreferenceObjective;
import org.peft4j.train.preference.RatedObjective;
import org.peft4j.train.preference.Reference;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;

/**
 * Every loss of preferences, with each kind of reference, gives what TRL's trainers give: loss,
 * gradients and metrics of a batch of unequal lengths, and five steps of AdamW.
 */
class PreferenceParityTest {
  static List<PreferenceGolden> all() {
    return PreferenceGolden.all();
  }

  @ParameterizedTest
  @MethodSource("all")
  void inDoublePrecisionAllIsThatOfTrl(PreferenceGolden golden) {
    run(golden, DataType.DOUBLE, 1e-5);
  }

  /** The differences of large numbers that some of the losses are of lose digits. */
  @ParameterizedTest
  @MethodSource("all")
  void inSinglePrecisionRoundingIsAllThatDiffers(PreferenceGolden golden) {
    run(golden, DataType.FLOAT, 4e-5);
  }

  private static void run(PreferenceGolden golden, DataType type, double tolerance) {
    try (TransformerModel base = golden.open(type);
        PeftModel<ComputationGraph> model = golden.policy(base);
        PeftModel<ComputationGraph> other = golden.with(base, "reference")) {
      Reference reference =
          switch (golden.reference()) {
            case "start" -> Reference.start(model);
            case "adapter" -> Reference.of(other);
            default -> Reference.base();
          };
      if (golden.isRated()) {
        require(
            golden,
            tolerance,
            model,
            new RatedObjective(golden.ratedLoss()),
            PreferenceGolden.singles().comparedWith(reference));
      } else {
        require(
            golden,
            tolerance,
            model,
            new PreferenceObjective(golden.pairLoss()),
            golden.reference().equals("none")
                ? PreferenceGolden.pairs()
                : PreferenceGolden.pairs().comparedWith(reference));
      }
    }
  }

  private static <B extends Batch> void require(
      PreferenceGolden golden,
      double tolerance,
      PeftModel<ComputationGraph> model,
      Objective<B> objective,
      Examples<B> data) {
    int[] all = IntStream.range(0, data.size()).toArray();
    double[] losses = golden.expected("losses").toDoubleVector();
    BatchLoss first = objective.gradients(model, data.batch(all));
    requireEqual("loss", first.value(), losses[0], tolerance);
    Map<String, INDArray> gradients = model.adapter("default").gradients();
    List<String> keys = golden.names("grad.");
    assertThat(gradients.keySet()).containsExactlyInAnyOrderElementsOf(keys);
    keys.forEach(
        key -> requireEqual(key, gradients.get(key), golden.expected("grad." + key), tolerance));
    requireEqual(
        "loss in evaluation", objective.loss(model, data.batch(all)).value(), losses[0], tolerance);

    Steps steps = new Steps();
    FineTuner.builder(model, objective)
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
    List<StepMetrics> made = steps.all();
    List<String> told = golden.names("metric.");
    assertThat(made.get(0).values().keySet()).containsAll(told);
    for (int step = 0; step < losses.length; step++) {
      requireEqual("loss of step " + step, made.get(step).loss(), losses[step], tolerance);
      for (String name : told) {
        double value = Objects.requireNonNull(made.get(step).values().get(name), name);
        double expected = golden.expected("metric." + name).getDouble(step);
        requireEqual(name + " of step " + step, value, expected, tolerance);
      }
    }
    Map<String, INDArray> after = model.adapter("default").tensors();
    golden
        .names("after.")
        .forEach(
            key -> requireEqual(key, after.get(key), golden.expected("after." + key), tolerance));
  }

  private static void requireEqual(String what, double found, double expected, double tolerance) {
    assertThat(found)
        .as(what)
        .isCloseTo(expected, within(tolerance * Math.max(1, Math.abs(expected))));
  }

  private static void requireEqual(
      String what, @Nullable INDArray present, INDArray expected, double tolerance) {
    INDArray found = Objects.requireNonNull(present, what);
    double scale = expected.amaxNumber().doubleValue();
    INDArray wide = expected.castTo(found.dataType());
    assertThat(found.sub(wide).amaxNumber().doubleValue() / scale).as(what).isLessThan(tolerance);
  }
}
