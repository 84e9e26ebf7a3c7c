package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.AdapterScope;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.parallel.Ring;
import org.peft4j.train.parallel.WorkerRows;
import org.peft4j.train.parallel.Workers;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;

class WorkersTest {
  private static final int ROWS = 13;
  private static final TrainingData DATA = TinyTraining.data(ROWS);
  private static final TrainingData HELD_OUT = TinyTraining.data(7, 99);

  /** What a worker has at the end. */
  private record End(float[] parameters, FineTuningResult result) {}

  private static FineTuningSettingsBuilder settings(int batchSize) {
    return TinyTraining.settings().steps(50).batchSize(batchSize).evalEvery(20);
  }

  private static End train(Workers workers, int batchSize, boolean dropout) {
    try (TinyTraining tiny = new TinyTraining();
        AdapterScope scope = dropout ? null : tiny.model.training().withoutDropout()) {
      FineTuningResult result =
          FineTuner.builder(tiny.model, DATA)
              .settings(settings(batchSize).build())
              .evaluation(HELD_OUT)
              .workers(workers, WorkerRows.SHARED)
              .build()
              .run();
      return new End(tiny.parameters(), result);
    }
  }

  /** 13 rows: the last batch of an epoch has one row, so that all workers but one have none. */
  @ParameterizedTest
  @ValueSource(ints = {2, 3, 6})
  void severalTrainAsOneWithALargerBatch(int size) {
    End one = train(Workers.alone(), 6, false);

    List<End> all = Ring.of(size, workers -> train(workers, 6 / size, false));

    for (End end : all) {
      assertThat(end.parameters()).isEqualTo(all.get(0).parameters());
      assertThat(end.parameters()).containsExactly(one.parameters(), within(1e-5f));
      assertThat(end.result().finalLoss()).isEqualTo(one.result().finalLoss(), within(1e-5));
      assertThat(end.result().evaluations())
          .hasSameSizeAs(one.result().evaluations())
          .allSatisfy(e -> assertThat(e.evaluation().predictions()).isPositive());
      assertThat(end.result().evaluations().get(1).evaluation().loss())
          .isEqualTo(one.result().evaluations().get(1).evaluation().loss(), within(1e-5));
    }
  }

  /** Every third row is a worker's own: so its batches are parts of the batches of one. */
  @Test
  void rowsOfTheirOwnTrainAsAllRowsDo() {
    FineTuningSettings plain = settings(6).shuffle(false).build();
    FineTuningSettings parts = settings(2).shuffle(false).build();
    float[] one = train(Workers.alone(), DATA, plain, WorkerRows.SHARED);

    List<float[]> all =
        Ring.of(3, workers -> train(workers, third(workers.rank()), parts, WorkerRows.OWN));

    assertThat(all).allSatisfy(own -> assertThat(own).isEqualTo(all.get(0)));
    assertThat(all.get(0)).containsExactly(one, within(1e-5f));
  }

  @Test
  void aWorkerWithoutRowsTrainsAlong() {
    TrainingData two = TinyTraining.data(2);
    float[] one = train(Workers.alone(), two, settings(3).build(), WorkerRows.SHARED);

    List<float[]> all =
        Ring.of(3, workers -> train(workers, two, settings(1).build(), WorkerRows.SHARED));

    assertThat(all).allSatisfy(own -> assertThat(own).isEqualTo(all.get(0)));
    assertThat(all.get(0)).containsExactly(one, within(1e-5f));
  }

  private static TrainingData third(int rank) {
    return TrainingData.of(
        IntStream.range(0, ROWS)
            .filter(row -> row % 3 == rank)
            .mapToObj(TinyTraining.sequences(ROWS, ROWS)::get)
            .toList(),
        0);
  }

  private static float[] train(
      Workers workers, TrainingData data, FineTuningSettings settings, WorkerRows whose) {
    try (TinyTraining tiny = new TinyTraining();
        AdapterScope scope = tiny.model.training().withoutDropout()) {
      FineTuner.builder(tiny.model, data)
          .settings(settings)
          .evaluation(HELD_OUT)
          .workers(workers, whose)
          .build()
          .run();
      return tiny.parameters();
    }
  }

  @Test
  void withDropoutTheSameRunGivesTheSameBits() {
    List<End> first = Ring.of(2, workers -> train(workers, 2, true));
    List<End> second = Ring.of(2, workers -> train(workers, 2, true));

    assertThat(second.get(1).parameters()).isEqualTo(first.get(0).parameters());
    assertThat(first.get(1).parameters()).isEqualTo(first.get(0).parameters());
  }

  @ParameterizedTest
  @EnumSource(WorkerRows.class)
  void aResumedTrainingEqualsOneThatWasNeverStopped(WorkerRows whose, @TempDir Path folder) {
    float[] whole = Ring.of(3, workers -> run(workers, whose, folder, Optional.empty())).get(2);

    List<float[]> resumed =
        Ring.of(
            3, workers -> run(workers, whose, folder, Optional.of(folder.resolve("checkpoint-9"))));

    assertThat(resumed).allSatisfy(end -> assertThat(end).isEqualTo(whole));
  }

  private static float[] run(Workers workers, WorkerRows whose, Path folder, Optional<Path> from) {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTunerBuilder<?> builder =
          FineTuner.builder(tiny.model, whose == WorkerRows.OWN ? third(workers.rank()) : DATA)
              .settings(TinyTraining.settings().steps(14).batchSize(1).build())
              .workers(workers, whose);
      from.ifPresentOrElse(builder::resumeFrom, () -> builder.checkpoints(folder, 9));
      builder.build().run();
      return tiny.parameters();
    }
  }

  @Test
  void anotherNumberOfWorkersDoesNotGoOnFromACheckpoint(@TempDir Path folder) {
    Ring.of(2, workers -> run(workers, WorkerRows.SHARED, folder, Optional.empty()));

    assertThatThrownBy(
            () ->
                run(
                    Workers.alone(),
                    WorkerRows.SHARED,
                    folder,
                    Optional.of(folder.resolve("checkpoint-9"))))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("workers=2");
  }

  @Test
  void allStopWhenOneIsStopped() {
    List<Long> steps =
        Ring.of(
            2,
            workers -> {
              try (TinyTraining tiny = new TinyTraining()) {
                FineTuner tuner =
                    FineTuner.builder(tiny.model, DATA)
                        .settings(TinyTraining.settings().build())
                        .workers(workers, WorkerRows.SHARED)
                        .build();
                if (!workers.first()) {
                  tuner.stop();
                }
                return tuner.run().steps();
              }
            });

    assertThat(steps).containsExactly(0L, 0L);
  }

  @Test
  void aWorkerWithOtherDataIsRefusedBeforeTheFirstStep() {
    TrainingData other = TinyTraining.data(ROWS, 1);

    assertThatThrownBy(
            () ->
                Ring.of(
                    2,
                    workers ->
                        train(
                            workers,
                            workers.first() ? DATA : other,
                            settings(2).build(),
                            WorkerRows.SHARED)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The workers do not train the same: the data is ");
  }

  /** The same sizes, another number in the base's config. */
  @Test
  void aWorkerWithAnotherBaseIsRefusedBeforeTheFirstStep(@TempDir Path folder) throws IOException {
    Path base = GoldenCase.FOLDER.resolve("bases/llama");
    for (String file : List.of("config.json", "model.safetensors")) {
      Files.copy(base.resolve(file), folder.resolve(file));
    }
    String config = Files.readString(base.resolve("config.json"));
    String other = config.replace("\"rope_theta\": 10000.0", "\"rope_theta\": 20000.0");
    assertThat(other).isNotEqualTo(config);
    Files.writeString(folder.resolve("config.json"), other);

    assertThatThrownBy(() -> Ring.of(2, workers -> steps(workers, workers.first() ? base : folder)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("the model's architecture is")
        .hasMessageNotContaining("the model's sites");
    assertThat(Ring.of(2, workers -> steps(workers, base))).containsExactly(2L, 2L);
  }

  private static long steps(Workers workers, Path folder) {
    try (CausalLanguageModel base = Transformers.load(folder)) {
      base.wrap(LoraConfig.builder().rank(2).targetModules("q_proj").baseModel("base").build());
      return FineTuner.builder(base.adapters().orElseThrow(), DATA)
          .settings(settings(2).steps(2).build())
          .workers(workers, WorkerRows.SHARED)
          .build()
          .run()
          .steps();
    }
  }

  @Test
  void workersWithOtherSettingsAreRefusedBeforeTheFirstStep() {
    assertThatThrownBy(() -> Ring.of(2, workers -> train(workers, 2 + workers.rank(), false)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("batchSize is 2 on worker 0 and 3 on worker 1");
  }
}
