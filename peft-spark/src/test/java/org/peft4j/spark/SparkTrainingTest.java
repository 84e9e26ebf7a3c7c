package org.peft4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerStageCompleted;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.status.AppStatusStore;
import org.apache.spark.status.api.v1.StageStatus;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.parallel.WorkerRows;
import scala.jdk.javaapi.CollectionConverters;

class SparkTrainingTest {
  private static final int ROWS = 14;

  private static TinyModel tiny;
  private static SparkSession spark;

  @BeforeAll
  static void start(@TempDir Path folder) {
    tiny = TinyModel.in(folder);
    spark = LocalSpark.session();
  }

  @AfterAll
  static void stop() {
    SharedModels.closeAll();
  }

  private static float[] train(SparkWorker<Row> worker, TinyModel model) {
    try (PeftModel<ComputationGraph> wrapped = model.wrapped()) {
      TinyModel.builder(wrapped, TinyModel.ofRows(worker.rows()), 2)
          .workers(worker.workers(), WorkerRows.OWN)
          .build()
          .run();
      return wrapped.network().params().toFloatVector();
    }
  }

  /** 14 rows on three workers: one has a row less, and its last batch of an epoch is shorter. */
  @Test
  void workersWithTheirRowsTrainAsOneWithALargerBatch() {
    float[] one;
    try (PeftModel<ComputationGraph> wrapped = tiny.wrapped()) {
      TinyModel.builder(wrapped, TinyModel.data(TinyModel.sentences(ROWS)), 6).build().run();
      one = wrapped.network().params().toFloatVector();
    }
    TinyModel model = tiny;

    List<float[]> all =
        SparkWorkers.on(spark, 3).run(TinyModel.rows(spark, ROWS), worker -> train(worker, model));

    assertThat(all).hasSize(3).allSatisfy(own -> assertThat(own).isEqualTo(all.get(0)));
    assertThat(all.get(0)).containsExactly(one, within(1e-5f));

    List<float[]> again =
        SparkWorkers.on(spark, 3).run(TinyModel.rows(spark, ROWS), worker -> train(worker, model));
    assertThat(again.get(1)).isEqualTo(all.get(0));
  }

  @Test
  void sparkShowsWhatRunsAndHowFarItIs() {
    TinyModel model = tiny;
    List<String> descriptions = new CopyOnWriteArrayList<>();
    Map<String, Object> counts = new ConcurrentHashMap<>();
    List<WorkerProgress> told = new CopyOnWriteArrayList<>();
    List<Integer> shown = new CopyOnWriteArrayList<>();
    SparkListener pages = new Pages(descriptions, counts);
    spark.sparkContext().addSparkListener(pages);

    SparkWorkers.on(spark, 2)
        .title("tiny")
        .progress(
            now -> {
              told.add(now);
              shown.addAll(stepsOnThePages());
            })
        .run(
            TinyModel.rows(spark, ROWS),
            worker -> {
              try (PeftModel<ComputationGraph> wrapped = model.wrapped()) {
                TinyModel.builder(wrapped, TinyModel.ofRows(worker.rows()), 1)
                    .workers(worker.workers(), WorkerRows.OWN)
                    .listener(worker.listener())
                    .listener(new Slow())
                    .build()
                    .run();
                return 0;
              }
            });

    assertThat(descriptions).contains("tiny, 2 workers");
    assertThat(counts).containsEntry("PEFT4J steps", 50L).containsKey("PEFT4J tokens");
    assertThat(told).isNotEmpty().allSatisfy(now -> assertThat(now.steps()).isBetween(1L, 50L));
    assertThat(shown).anyMatch(steps -> steps > 0 && steps < 50);
    spark.sparkContext().removeSparkListener(pages);
  }

  /** What the page of a running stage says now. */
  private static List<Integer> stepsOnThePages() {
    AppStatusStore store = spark.sparkContext().statusStore();
    return CollectionConverters.asJava(
            store.stageList(List.of(StageStatus.ACTIVE), false, false, new double[0], List.of()))
        .stream()
        .flatMap(stage -> CollectionConverters.asJava(stage.accumulatorUpdates()).stream())
        .filter(count -> count.name().equals("PEFT4J steps"))
        .map(count -> Integer.valueOf(count.value()))
        .toList();
  }

  /** So slow that executors tell of it on the way. */
  private static final class Slow implements TrainingListener {
    @Override
    public void onStep(StepMetrics metrics) {
      LockSupport.parkNanos(20_000_000);
    }
  }

  /** What Spark's pages are made of. */
  private static final class Pages extends SparkListener {
    private final List<String> descriptions;
    private final Map<String, Object> counts;

    private Pages(List<String> descriptions, Map<String, Object> counts) {
      this.descriptions = descriptions;
      this.counts = counts;
    }

    @Override
    public void onJobStart(SparkListenerJobStart start) {
      descriptions.add(start.properties().getProperty("spark.job.description", ""));
    }

    @Override
    public void onStageCompleted(SparkListenerStageCompleted completed) {
      CollectionConverters.asJava(completed.stageInfo().accumulables().values())
          .forEach(
              one -> {
                if (one.name().isDefined() && one.name().get().startsWith("PEFT4J")) {
                  counts.put(one.name().get(), one.value().get());
                }
              });
    }
  }

  @Test
  void rowsAreDealtInTurn() {
    List<ArrayList<Integer>> lengths =
        SparkWorkers.on(spark, 2)
            .run(
                TinyModel.rows(spark, 7),
                worker ->
                    new ArrayList<>(
                        worker.rows().stream().map(row -> row.getList(0).size()).toList()));

    List<Integer> all = TinyModel.sentences(7).stream().map(ids -> ids.length).toList();
    assertThat(lengths.get(0)).containsExactly(all.get(0), all.get(2), all.get(4), all.get(6));
    assertThat(lengths.get(1)).containsExactly(all.get(1), all.get(3), all.get(5));
  }

  @Test
  void theBaseModelIsLoadedOnceForAllWorkersOfAJvm() {
    TinyModel model = tiny;

    List<Integer> bases =
        SparkWorkers.on(spark, 3).run(worker -> System.identityHashCode(model.load()));

    assertThat(bases).hasSize(3).containsOnly(bases.get(0));
  }

  @Test
  void aWorkerWithAnotherAdapterIsRefusedBeforeTheFirstStep() {
    TinyModel model = tiny;

    assertThatThrownBy(
            () ->
                SparkWorkers.on(spark, 2)
                    .run(
                        TinyModel.rows(spark, 6),
                        worker -> {
                          try (PeftModel<ComputationGraph> wrapped = model.wrapped()) {
                            wrapped.network().params().addi(worker.workers().rank());
                            TinyModel.builder(wrapped, TinyModel.ofRows(worker.rows()), 2)
                                .workers(worker.workers(), WorkerRows.OWN)
                                .build()
                                .run();
                            return 0;
                          }
                        }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("The workers do not train the same: the adapters' values");
  }
}
