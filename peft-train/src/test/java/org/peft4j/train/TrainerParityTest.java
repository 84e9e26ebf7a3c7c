package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Locale;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.PeftModel;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;

/**
 * Training on rows that do not divide into batches and steps, with weight decay, gives what the
 * Trainer of Hugging Face transformers gives: number of steps, rates, losses, norms and adapter.
 */
class TrainerParityTest {
  private static final double TOLERANCE = 2e-5;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "trainer/epochs",
        "trainer/steps",
        "trainer/drop_last",
        "trainer/classes",
        "trainer/classes_smoothed",
        "trainer/tags"
      })
  void stepsRatesAndTheAdapterAreTrainers(String name) {
    GoldenCase golden = GoldenCase.named(name);
    Steps steps = new Steps();
    double smoothing = golden.json().path("label_smoothing_factor").asDouble();
    try (TransformerModel base = golden.base(options -> options.withLabelSmoothing(smoothing));
        PeftModel<ComputationGraph> model = golden.wrap(base)) {
      FineTuner.builder(model, golden.data())
          .settings(settings(golden.json()))
          .listener(steps)
          .build()
          .run();

      List<StepMetrics> all = steps.all();
      requireEqual(golden, "learning_rate", all.stream().map(StepMetrics::learningRate).toList());
      requireEqual(golden, "loss", steps.losses());
      requireEqual(golden, "grad_norm", all.stream().map(StepMetrics::gradNorm).toList());
      model.adapter("default").tensors().forEach((key, found) -> requireEqual(golden, key, found));
    }
  }

  private static void requireEqual(GoldenCase golden, String what, List<Double> found) {
    double[] expected = golden.expected(what).toDoubleVector();
    assertThat(found).as(what).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found.get(i))
          .as("%s of step %d", what, i + 1)
          .isCloseTo(expected[i], within(TOLERANCE * Math.max(1e-3, expected[i])));
    }
  }

  private static void requireEqual(GoldenCase golden, String key, INDArray found) {
    INDArray expected = golden.expected("after." + key);
    double scale = expected.amaxNumber().doubleValue();
    assertThat(found.sub(expected).amaxNumber().doubleValue() / scale).as(key).isLessThan(1e-4);
  }

  private static FineTuningSettings settings(JsonNode json) {
    return FineTuningSettings.builder()
        .epochs(json.path("num_train_epochs").asInt(1))
        .steps(json.path("max_steps").asInt(0))
        .batchSize(json.path("per_device_train_batch_size").asInt())
        .dropLast(json.path("dataloader_drop_last").asBoolean())
        .gradientAccumulation(json.path("gradient_accumulation_steps").asInt())
        .learningRate(json.path("learning_rate").asDouble())
        .weightDecay(json.path("weight_decay").asDouble())
        .warmupSteps(json.path("warmup_steps").asLong())
        .schedule(
            StandardSchedule.valueOf(
                json.path("lr_scheduler_type").asText("linear").toUpperCase(Locale.ROOT)))
        .maxGradNorm(json.path("max_grad_norm").asDouble())
        .shuffle(false)
        .build();
  }
}
