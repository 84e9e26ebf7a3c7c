package org.peft4j.cli.workers;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.peft4j.train.parallel.WorkerLostException;
import org.peft4j.train.parallel.Workers;

/** A process that joins others and then does what its argument says. */
final class TestWorker {
  private TestWorker() {}

  public static void main(String[] arguments) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    System.exit(WorkerEntry.run(TestWorker::work, out, err, arguments));
  }

  private static int work(
      PrintWriter out, PrintWriter err, Optional<WorkerSeat> seat, String... arguments) {
    Workers workers = seat.orElseThrow().workers();
    out.println("worker " + workers.rank() + " has met " + workers.gather(new byte[1]).size());
    if (workers.rank() == Integer.parseInt(arguments[1])) {
      if (arguments[0].equals("die")) {
        Runtime.getRuntime().halt(137);
      }
      if (arguments[0].equals("fail")) {
        err.println("peft train: the data is broken");
        return 1;
      }
    }
    try {
      workers.gather(new byte[1]);
      return 0;
    } catch (WorkerLostException e) {
      err.println("peft train: " + e.getMessage());
      return WorkerCommand.LOST;
    }
  }
}
