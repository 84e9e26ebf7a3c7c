package org.peft4j.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.PeftModel;
import org.peft4j.train.Checkpoints;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.parallel.WorkerRows;

/** A standalone cluster of two workers, each a process of its own. */
class SparkClusterTest {
  private static final int ROWS = 9;

  private final Path folder;

  SparkClusterTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private SparkSession cluster() throws IOException {
    // Spark wants a folder of jars there, which may be empty: the executors have the class path of
    // this process. The build sets the variable.
    String home = Objects.requireNonNull(System.getenv("SPARK_HOME"), "SPARK_HOME is not set");
    Files.createDirectories(Path.of(home, "jars"));
    LocalSpark.stop();
    return SparkSession.builder()
        .master("local-cluster[2,1,1024]")
        .appName("test")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.shuffle.partitions", 2)
        .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
        .config(
            "spark.executor.extraJavaOptions",
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -DOPT_OUT_TRACKING=true")
        .config("spark.executorEnv.OMP_NUM_THREADS", "1")
        .getOrCreate();
  }

  @Test
  void aWorkerThatIsKilledIsReplacedAndTheTrainingGoesOn() throws IOException {
    TinyModel model = TinyModel.in(folder);
    String undisturbed = folder.resolve("undisturbed").toString();
    String disturbed = folder.resolve("disturbed").toString();
    SparkSession spark = cluster();
    try {
      List<float[]> whole =
          SparkWorkers.on(spark, 2)
              .run(
                  TinyModel.rows(spark, ROWS),
                  worker -> train(worker, model, Path.of(undisturbed), -1));
      List<float[]> killed =
          SparkWorkers.on(spark, 2)
              .run(
                  TinyModel.rows(spark, ROWS),
                  worker -> train(worker, model, Path.of(disturbed), 23));

      assertThat(Files.exists(Path.of(disturbed, "killed"))).isTrue();
      assertThat(killed.get(0)).isEqualTo(whole.get(0));
      assertThat(killed.get(1)).isEqualTo(whole.get(0));
    } finally {
      spark.stop();
    }
  }

  /** The worker of rank 1 dies once, in the middle of step {@code fatal}. */
  private static float[] train(SparkWorker<Row> worker, TinyModel model, Path output, int fatal)
      throws IOException {
    Files.createDirectories(output);
    try (PeftModel<ComputationGraph> wrapped = model.wrapped()) {
      FineTunerBuilder<?> builder =
          TinyModel.builder(wrapped, TinyModel.ofRows(worker.rows()), 2)
              .workers(worker.workers(), WorkerRows.OWN)
              .checkpoints(output, 10);
      Checkpoints.latest(output).ifPresent(builder::resumeFrom);
      if (worker.workers().rank() == 1 && fatal > 0 && !Files.exists(output.resolve("killed"))) {
        builder.hook(() -> new Death(fatal, output.resolve("killed")));
      }
      builder.build().run();
      return wrapped.network().params().toFloatVector();
    }
  }
}
