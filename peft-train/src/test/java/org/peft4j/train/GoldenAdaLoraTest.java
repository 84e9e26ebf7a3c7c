package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.safetensors.TensorInfo;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.train.internal.CheckpointFolder;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.schedule.StandardSchedule;
import org.peft4j.transformers.TransformerModel;

/** 200 steps of AdaLoRA take the same ranks away, at the same steps, as Hugging Face PEFT. */
class GoldenAdaLoraTest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;
  private static final int STEPS = 200;
  private static final GoldenCase GOLDEN = GoldenCase.named("adalora/200_steps");

  @Test
  void budgetsMasksLossesAndResultAgreeWithTheReference(@TempDir Path folder) {
    try (TransformerModel base = GOLDEN.base();
        PeftModel<ComputationGraph> model = fresh(base)) {
      Masks masks = new Masks(model);
      Steps steps = new Steps();
      tuner(model, STEPS).listener(masks).listener(steps).build().run();

      List<Integer> expectedSteps = new ArrayList<>();
      GOLDEN.json().path("allocation_steps").forEach(step -> expectedSteps.add(step.asInt()));
      INDArray expected = masks();
      Map<String, List<Boolean>> kept = Map.of();
      int allocation = 0;
      for (int step = 0; step < STEPS; step++) {
        if (expectedSteps.contains(step)) {
          kept = pattern(expected.slice(allocation++));
          assertThat(kept(masks.found.get(step)))
              .as("budget of step " + step)
              .isEqualTo(GOLDEN.json().path("budgets").path(step).asInt());
        }
        assertThat(masks.found.get(step)).as("ranks after step " + step).isEqualTo(kept);
      }
      assertThat(allocation).isEqualTo(13);
      double[] losses = GOLDEN.expected("losses").toDoubleVector();
      for (int i = 0; i < STEPS; i++) {
        assertThat(steps.losses().get(i))
            .as("loss " + i)
            .isCloseTo(losses[i], org.assertj.core.data.Percentage.withPercentage(0.02));
      }
      assertFinal(model);
      model.save(folder);
      assertThat(folder.resolve("adapter_model.safetensors")).exists();
      try (TransformerModel other = GOLDEN.base();
          PeftModel<ComputationGraph> saved = Peft.load(other.graph(), folder);
          TransformerModel third = GOLDEN.base();
          PeftModel<ComputationGraph> reference =
              Peft.load(third.graph(), GOLDEN.folder().resolve("final_adapter"))) {
        assertThat(config(saved).rankPattern()).isEqualTo(config(reference).rankPattern());
        reference
            .adapter(NAME)
            .tensors()
            .forEach(
                (key, wanted) -> assertNear(key, saved.adapter(NAME).tensors().get(key), wanted));
        assertThat(saved.adapter(NAME).tensors().keySet())
            .isEqualTo(reference.adapter(NAME).tensors().keySet());
      }
    }
  }

  @Test
  void stoppedAndResumedIsTheSameToTheBit(@TempDir Path folder) {
    try (TransformerModel base = GOLDEN.base();
        PeftModel<ComputationGraph> whole = fresh(base)) {
      tuner(whole, 60).checkpoints(folder, 35).build().run();
      try (TransformerModel other = GOLDEN.base();
          PeftModel<ComputationGraph> resumed = fresh(other)) {
        tuner(resumed, 60).resumeFrom(CheckpointFolder.latest(folder).orElseThrow()).build().run();
        assertThat(resumed.network().params()).isEqualTo(whole.network().params());
        assertThat(config(resumed)).isEqualTo(config(whole));
      }
    }
  }

  /** [allocation, module, rank], 1 where a rank stays. */
  private static INDArray masks() {
    Path file = GOLDEN.folder().resolve("expected.safetensors");
    try (TensorSource source = TensorSource.open(file)) {
      TensorInfo info = source.tensor("masks");
      long[] values = new long[(int) info.elementCount()];
      source.readLongs("masks", 0, values, 0, values.length);
      return Nd4j.createFromArray(values)
          .reshape('c', info.shape().stream().mapToLong(Long::longValue).toArray());
    }
  }

  private static FineTunerBuilder tuner(PeftModel<ComputationGraph> model, int steps) {
    return FineTuner.builder(model, GOLDEN.data())
        .settings(
            FineTuningSettings.builder()
                .steps(steps)
                .batchSize(GOLDEN.json().path("rows_in_a_batch").asInt())
                .learningRate(GOLDEN.json().path("learning_rate").asDouble())
                .weightDecay(0)
                .schedule(StandardSchedule.CONSTANT)
                .maxGradNorm(0)
                .shuffle(false)
                .build());
  }

  private static PeftModel<ComputationGraph> fresh(TransformerModel base) {
    return Peft.load(base.graph(), GOLDEN.folder().resolve("initial_adapter"));
  }

  private static AdaLoraConfig config(PeftModel<?> model) {
    return (AdaLoraConfig) model.config(NAME);
  }

  private static int kept(Map<String, List<Boolean>> pattern) {
    return (int) pattern.values().stream().flatMap(List::stream).filter(k -> k).count();
  }

  private static Map<String, List<Boolean>> pattern(INDArray masks) {
    Map<String, List<Boolean>> pattern = new LinkedHashMap<>();
    for (int m = 0; m < masks.size(0); m++) {
      List<Boolean> kept = new ArrayList<>();
      for (int i = 0; i < masks.size(1); i++) {
        kept.add(masks.getDouble(m, i) != 0);
      }
      pattern.put(GOLDEN.json().path("modules").path(m).asText() + ".lora_E", kept);
    }
    return pattern;
  }

  private static void assertFinal(PeftModel<ComputationGraph> model) {
    List<String> names = GOLDEN.expectedNames("final.");
    assertThat(names).hasSize(model.adapter(NAME).tensors().size());
    for (String name : names) {
      assertNear(name, model.adapter(NAME).tensors().get(name), GOLDEN.expected("final." + name));
    }
  }

  private static void assertNear(
      String key, @org.jspecify.annotations.Nullable INDArray actual, INDArray wanted) {
    INDArray difference = Objects.requireNonNull(actual, key).sub(wanted);
    assertThat(difference.amaxNumber().doubleValue() / wanted.amaxNumber().doubleValue())
        .as(key)
        .isLessThan(1e-3);
  }

  /** The ranks kept after each step. */
  private static final class Masks implements TrainingListener {
    final List<Map<String, List<Boolean>>> found = new ArrayList<>();
    private final PeftModel<?> model;

    Masks(PeftModel<?> model) {
      this.model = model;
    }

    @Override
    public void onStep(StepMetrics metrics) {
      found.add(config(model).rankPattern());
    }
  }
}
