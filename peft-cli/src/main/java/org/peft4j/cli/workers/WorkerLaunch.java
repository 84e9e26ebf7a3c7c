package org.peft4j.cli.workers;

import java.io.PrintWriter;
import java.util.List;
import org.peft4j.error.PeftException;

/**
 * Starts a command as several workers.
 *
 * @param main the class of the command, with a {@code main} method
 * @param command the command itself
 */
public record WorkerLaunch(String main, WorkerCommand command) {
  /**
   * Runs it to its end.
   *
   * @param options how many, and where
   * @param arguments of the command line, all
   * @param title of the run, for who watches a cluster
   * @return the exit status
   * @throws PeftException if a worker fails; says which, and why
   */
  public int run(
      WorkerOptions options,
      List<String> arguments,
      String title,
      PrintWriter out,
      PrintWriter err) {
    if (options.master().isEmpty()) {
      return new ProcessGroup(main, options.count(), out, err).run(arguments);
    }
    try {
      return SparkTraining.run(options, command, arguments, title, out);
    } catch (NoClassDefFoundError e) {
      throw new PeftException(
          "Apache Spark is not on the class path ("
              + e.getMessage()
              + "). Run this through spark-submit, with the jar that 'mvn package -Pspark' makes.",
          e);
    }
  }
}
