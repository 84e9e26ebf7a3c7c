package org.peft4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.train.parallel.WorkerRows;

class SparkTrainingTest {
  private static final int ROWS = 14;

  private static TinyModel tiny;
  private static SparkSession spark;

  @BeforeAll
  static void start(@TempDir Path folder) {
    tiny = TinyModel.in(folder);
    spark = local(3);
  }

  /** Spark in this process, with as many slots. */
  static SparkSession local(int slots) {
    return SparkSession.builder()
        .master("local[" + slots + "]")
        .appName("test")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", slots)
        .getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
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
