package org.peft4j.cli.workers;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import org.apache.spark.SparkConf;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.peft4j.error.PeftException;
import org.peft4j.spark.SparkWorker;
import org.peft4j.spark.SparkWorkers;

/**
 * The command as tasks of Apache Spark. What the first worker prints is printed here at the end.
 */
final class SparkTraining {
  private SparkTraining() {}

  static int run(
      WorkerOptions options,
      WorkerCommand command,
      List<String> arguments,
      String title,
      PrintWriter out) {
    SparkSession spark =
        SparkSession.builder().config(conf(options.master().orElseThrow())).getOrCreate();
    String[] line = arguments.toArray(String[]::new);
    try {
      List<String> printed =
          SparkWorkers.on(spark, options.count())
              .title(title)
              .progress(
                  progress ->
                      out.printf(
                          Locale.ROOT,
                          "step %d, %,d tokens (or pictures)%n",
                          progress.steps(),
                          progress.tokens()))
              .run(worker -> work(command, worker, line));
      out.print(printed.get(0));
      out.flush();
      return 0;
    } finally {
      spark.stop();
    }
  }

  /**
   * What the user says of Spark, and else: arrays outside of the heap are not bounded by its size,
   * and a worker has a thread for each CPU of its task.
   */
  private static SparkConf conf(String master) {
    SparkConf conf = new SparkConf().setMaster(master).setIfMissing("spark.app.name", "peft train");
    List<String> unbounded =
        List.of("org.bytedeco.javacpp.maxbytes", "org.bytedeco.javacpp.maxphysicalbytes");
    unbounded.stream()
        .filter(name -> System.getProperty(name) == null)
        .forEach(name -> System.setProperty(name, "0"));
    return conf.setIfMissing(
            "spark.executor.extraJavaOptions",
            unbounded.stream().map(name -> "-D" + name + "=0").collect(Collectors.joining(" ")))
        .setIfMissing("spark.executorEnv.OMP_NUM_THREADS", conf.get("spark.task.cpus", "1"))
        .setIfMissing("spark.executorEnv.OMP_WAIT_POLICY", "PASSIVE");
  }

  private static String work(WorkerCommand command, SparkWorker<Row> worker, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    WorkerSeat seat =
        new WorkerSeat(worker.workers(), worker.attempt() > 0, List.of(worker.listener()));
    int status =
        command.run(
            new PrintWriter(out, true), new PrintWriter(err, true), Optional.of(seat), arguments);
    if (status == 0) {
      return out.toString();
    }
    String message = err.toString().strip().replaceFirst("^peft train: ", "");
    throw status == WorkerCommand.LOST
        ? new IllegalStateException(message)
        : new PeftException(message);
  }
}
