package org.peft4j.cli.workers;

import java.util.Optional;
import picocli.CommandLine.Option;

/** How many workers train, and what starts them. */
public final class WorkerOptions {
  /** Set by {@code spark-submit}. */
  private static final String SUBMITTED = "spark.master";

  @Option(
      names = "--processes",
      paramLabel = "N",
      description =
          "Train in N processes of this machine, as one with batches of N times --batch-size. Each"
              + " loads the model and has its share of the cores, or --threads of them (default:"
              + " 1).")
  Optional<Integer> processes = Optional.empty();

  @Option(
      names = "--spark-master",
      paramLabel = "URL",
      description =
          "Let Apache Spark start the processes as tasks: local[2], spark://host:7077, yarn."
              + " Model, data and output need the same path on every machine. For spark-submit,"
              + " whose --master is the default.")
  Optional<String> sparkMaster = Optional.empty();

  /** A contradiction between the options, if there is one. */
  public Optional<String> contradiction() {
    if (processes.isPresent() && processes.get() < 1) {
      return Optional.of("--processes is " + processes.get() + "; allowed: 1 and above");
    }
    if (sparkMaster.isPresent() && processes.isEmpty()) {
      return Optional.of("--spark-master starts as many workers as --processes says; give both");
    }
    return Optional.empty();
  }

  /** Whether this process starts others, and does not train. */
  public boolean startOthers() {
    return count() > 1 || (processes.isPresent() && master().isPresent());
  }

  int count() {
    return processes.orElse(1);
  }

  Optional<String> master() {
    return sparkMaster.or(() -> Optional.ofNullable(System.getProperty(SUBMITTED)));
  }
}
