package org.peft4j.cli.workers;

import java.io.PrintWriter;
import java.io.Serializable;
import java.util.Optional;

/** The command as a worker runs it. It travels to the machines of a cluster. */
@FunctionalInterface
public interface WorkerCommand extends Serializable {
  /** The exit status of a worker that fails because another one has. */
  int LOST = 3;

  /**
   * Runs the command.
   *
   * @param seat empty for a command that is no worker
   * @return the exit status
   */
  int run(PrintWriter out, PrintWriter err, Optional<WorkerSeat> seat, String... arguments);
}
