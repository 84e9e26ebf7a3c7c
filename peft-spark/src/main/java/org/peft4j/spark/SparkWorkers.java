package org.peft4j.spark;

import java.net.InetAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.peft4j.error.PeftException;
import scala.Tuple2;
import scala.reflect.ClassTag$;

/**
 * Workers on a Spark cluster: one for each task of a barrier stage, so that all run at once or none
 * does.
 *
 * <pre>{@code
 * List<Double> losses =
 *     SparkWorkers.on(spark, 4)
 *         .run(
 *             conversations,
 *             worker -> {
 *               TransformerModel base =
 *                   SharedModels.get("tiny", () -> Transformers.load(folder, options));
 *               try (PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora, 1)) {
 *                 …
 *                 builder.workers(worker.workers(), WorkerRows.OWN);
 *               }
 *             });
 * }</pre>
 *
 * <p>If a worker fails, Spark tries the stage again, {@code spark.stage.maxConsecutiveAttempts}
 * times at most. What another try does not change is told at once: a {@link PeftException}, such as
 * that of a worker with another model. A job that writes checkpoints to a path that all workers
 * reach, and resumes from the last of them, goes on from there.
 */
public final class SparkWorkers {
  private static final int SECRET_BYTES = 32;

  private final SparkSession spark;
  private final int count;
  private final Duration patience;
  private final String title;
  private final Consumer<WorkerProgress> progress;

  private SparkWorkers(
      SparkSession spark,
      int count,
      Duration patience,
      String title,
      Consumer<WorkerProgress> progress) {
    this.spark = spark;
    this.count = count;
    this.patience = patience;
    this.title = title;
    this.progress = progress;
  }

  /**
   * As many workers, each of which needs a free slot of the cluster.
   *
   * @throws PeftException if the number is not allowed
   */
  public static SparkWorkers on(SparkSession spark, int count) {
    if (count < 1) {
      throw new PeftException("There are to be " + count + " workers; allowed: 1 and above.");
    }
    return new SparkWorkers(spark, count, Duration.ofMinutes(10), "PEFT4J", each -> {});
  }

  /** The same, where a worker waits for another at most so long; 10 minutes by default. */
  public SparkWorkers patience(Duration value) {
    return new SparkWorkers(spark, count, value, title, progress);
  }

  /** The same, which Spark's pages describe so, with the number of workers. */
  public SparkWorkers title(String value) {
    return new SparkWorkers(spark, count, patience, value, progress);
  }

  /**
   * The same, which tells how far it has come, with the heartbeats of the executors. Jobs count
   * with {@link SparkWorker#listener}.
   */
  public SparkWorkers progress(Consumer<WorkerProgress> value) {
    return new SparkWorkers(spark, count, patience, title, value);
  }

  /**
   * Runs a job on all workers.
   *
   * @param rows the data, in an order that is the same if it is computed again
   * @return what each worker has returned, by rank
   * @throws PeftException if a worker refuses its work with one; it is not tried again
   */
  public <R> List<R> run(Dataset<Row> rows, WorkerJob<Row, R> job) {
    return run(rows.toJavaRDD(), job);
  }

  /** The same with any items, such as Deeplearning4j's {@code DataSet}. */
  public <T, R> List<R> run(JavaRDD<T> items, WorkerJob<T, R> job) {
    JavaRDD<T> parts =
        items
            .zipWithIndex()
            .mapToPair(row -> new Tuple2<>(row._2, row._1))
            .repartitionAndSortWithinPartitions(new InTurn(count))
            .values();
    return runParts(parts, job);
  }

  /** Runs a job on all workers without rows. */
  public <R> List<R> run(WorkerJob<Row, R> job) {
    return run(spark.emptyDataFrame(), job);
  }

  private <T, R> List<R> runParts(JavaRDD<T> parts, WorkerJob<T, R> job) {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    SparkContext context = spark.sparkContext();
    String group = "peft4j-" + UUID.randomUUID();
    WorkerCounts counts = WorkerCounts.in(context);
    WorkerWatch watch = new WorkerWatch(context, group, counts, progress);
    context.addSparkListener(watch);
    context.setJobGroup(group, title + ", " + count + " workers", true);
    try {
      JavaRDD<Tuple2<Long, R>> results =
          parts
              .rdd()
              .barrier()
              .mapPartitions(
                  new WorkerTask<>(job, secret, patience.toMillis(), counts),
                  true,
                  ClassTag$.MODULE$.<Tuple2<Long, R>>apply(Tuple2.class))
              .toJavaRDD();
      // Spark tries a barrier stage again only if its results are shuffled.
      return new ArrayList<>(
          JavaPairRDD.fromJavaRDD(results).partitionBy(new InTurn(count)).values().collect());
    } catch (Exception e) { // Scala's exceptions are not declared.
      if (watch.refusal().isPresent()) {
        throw watch.refusal().get();
      }
      throw e;
    } finally {
      context.clearJobGroup();
      context.removeSparkListener(watch);
    }
  }

  /** The address of this machine, as Spark tells the other tasks. */
  static InetAddress address(String hostAndPort) throws java.net.UnknownHostException {
    int colon = hostAndPort.lastIndexOf(':');
    return InetAddress.getByName(colon < 0 ? hostAndPort : hostAndPort.substring(0, colon));
  }
}
