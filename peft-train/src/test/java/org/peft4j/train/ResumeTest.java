package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.internal.CheckpointFolder;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.MetricsFile;

class ResumeTest {
  private static final TrainingData DATA = TinyTraining.data(11);

  private final Path folder;

  ResumeTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void aResumedTrainingEqualsOneThatWasNeverStopped() throws IOException {
    float[] whole;
    List<StepEvaluation> evaluations;
    Path metrics = folder.resolve("metrics.jsonl");
    try (TinyTraining tiny = new TinyTraining()) {
      evaluations =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().evalEvery(3).build())
              .evaluation(DATA)
              .checkpoints(folder, 4)
              .listener(new MetricsFile(metrics))
              .build()
              .run()
              .evaluations();
      whole = tiny.parameters();
    }
    assertThat(names()).containsExactly("checkpoint-4", "checkpoint-8", "metrics.jsonl");
    String lines = withoutTimes(metrics);

    for (String checkpoint : new String[] {"checkpoint-4", "checkpoint-8"}) {
      try (TinyTraining tiny = new TinyTraining()) {
        FineTuningResult result =
            FineTuner.builder(tiny.model, DATA)
                .settings(TinyTraining.settings().evalEvery(3).build())
                .evaluation(DATA)
                .listener(new MetricsFile(metrics))
                .resumeFrom(folder.resolve(checkpoint))
                .build()
                .run();

        assertThat(tiny.parameters()).isEqualTo(whole);
        assertThat(result.steps()).isEqualTo(10);
        assertThat(result.evaluations()).isEqualTo(evaluations);
        assertThat(withoutTimes(metrics)).isEqualTo(lines);
      }
    }
  }

  private static String withoutTimes(Path metrics) throws IOException {
    return Files.readString(metrics).replaceAll(",\"step_seconds.*", "");
  }

  private Iterable<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void anInterruptedTrainingLeavesACheckpoint() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(TinyTraining.settings().build())
          .checkpoints(folder, 1000)
          .listener(Steps.after(3, () -> Thread.currentThread().interrupt()))
          .build()
          .run();

      assertThat(CheckpointFolder.latest(folder)).contains(folder.resolve("checkpoint-3"));
      assertThat(folder.resolve("checkpoint-3/adapter_model.safetensors")).exists();
    }
  }

  @Test
  void otherSettingsOrDataAreRefused() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(TinyTraining.settings().steps(2).build())
          .checkpoints(folder, 2)
          .build()
          .run();
      FineTuner other =
          FineTuner.builder(tiny.model, TinyTraining.data(12))
              .settings(TinyTraining.settings().steps(2).learningRate(1).build())
              .resumeFrom(folder.resolve("checkpoint-2"))
              .build();

      assertThatThrownBy(other::run)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("is of another training")
          .hasMessageContaining("learningRate=1.0")
          .hasMessageContaining("its data is another");
    }
  }

  /** Each array of the optimizer's file, with one value that no training leaves. */
  @ParameterizedTest
  @CsvSource({
    "exp_avg, NaN, has infinite or NaN values",
    "exp_avg_sq, Infinity, has infinite or NaN values",
    "exp_avg_sq, -1, exp_avg_sq of the checkpoint has negative values",
    "parameters, NaN, has infinite or NaN values",
  })
  void aBrokenOptimizerFileIsRefused(String name, float value, String message) {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner.builder(tiny.model, DATA)
          .settings(TinyTraining.settings().steps(2).build())
          .checkpoints(folder, 2)
          .build()
          .run();
    }
    Path file = folder.resolve("checkpoint-2/optimizer.safetensors");
    Map<String, INDArray> arrays = read(file);
    String key = arrays.keySet().stream().filter(k -> k.endsWith(name)).findFirst().orElseThrow();
    Objects.requireNonNull(arrays.get(key)).putScalar(0, value);
    TensorFile.write(file, arrays, Map.of());

    try (TinyTraining tiny = new TinyTraining()) {
      float[] before = tiny.parameters();
      FineTuner tuner =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().steps(2).build())
              .resumeFrom(folder.resolve("checkpoint-2"))
              .build();

      assertThatThrownBy(tuner::run)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(message);
      assertThat(tiny.parameters()).isEqualTo(before);
    }
  }

  private static Map<String, INDArray> read(Path file) {
    Map<String, INDArray> arrays = new LinkedHashMap<>();
    try (TensorSource source = TensorSource.open(file)) {
      source
          .tensors()
          .forEach(
              (name, info) -> {
                INDArray array =
                    Nd4j.create(
                        DataType.FLOAT, info.shape().stream().mapToLong(Long::longValue).toArray());
                TensorFile.read(source, name, array);
                arrays.put(name, array);
              });
    }
    return arrays;
  }

  @Test
  void aNewTrainingDoesNotMixItsCheckpointsWithOlderOnes() throws IOException {
    Files.createDirectories(folder.resolve("checkpoint-12"));
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner = FineTuner.builder(tiny.model, DATA).checkpoints(folder, 2).build();

      assertThatThrownBy(tuner::run)
          .hasMessageContaining("checkpoint-12 is of an earlier training");
    }
  }

  @Test
  void aFolderWithoutStateIsNoCheckpoint() {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuner tuner = FineTuner.builder(tiny.model, DATA).resumeFrom(folder).build();

      assertThatThrownBy(tuner::run).hasMessageContaining("is not a checkpoint of a training");
    }
  }

  /** A full or missing disk ends the run; what was trained is in the model. */
  @Test
  void aCheckpointThatCannotBeWrittenLeavesAModelThatCanBeSavedElsewhere() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "not a folder");
    try (TinyTraining tiny = new TinyTraining()) {
      float[] before = tiny.parameters();
      FineTuner tuner =
          FineTuner.builder(tiny.model, DATA)
              .settings(TinyTraining.settings().build())
              .checkpoints(file.resolve("checkpoints"), 4)
              .build();

      assertThatThrownBy(tuner::run)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Cannot write " + file.resolve("checkpoints/checkpoint-4"));

      assertThat(tiny.parameters()).isNotEqualTo(before);
      tiny.model.save(folder.resolve("elsewhere"));
      assertThat(folder.resolve("elsewhere/adapter_model.safetensors")).exists();
    }
  }
}
