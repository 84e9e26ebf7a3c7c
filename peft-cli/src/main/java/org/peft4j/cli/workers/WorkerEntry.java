package org.peft4j.cli.workers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.parallel.WorkerDoor;
import org.peft4j.train.parallel.WorkerRing;
import org.peft4j.train.parallel.Workers;

/**
 * How a process that {@link ProcessGroup} has started becomes a worker. On its input it is told its
 * rank, the secret of all, and their ports; on its output it tells its own port first.
 */
public final class WorkerEntry {
  /** The system property of such a process, which has its rank. */
  static final String RANK = "peft.worker";

  /** What is before the port, which is on a line of its own. */
  static final String PORT = "peft worker listens at port ";

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private WorkerEntry() {}

  /** Whether this process is a worker. */
  public static boolean isHere() {
    return System.getProperty(RANK) != null;
  }

  /**
   * Joins the others and runs the command as one of them.
   *
   * @return the exit status
   */
  public static int run(
      WorkerCommand command, PrintWriter out, PrintWriter err, String... arguments) {
    try (Workers workers = join(out)) {
      return command.run(
          out, err, Optional.of(new WorkerSeat(workers, false, List.of())), arguments);
    } catch (PeftException | IOException e) {
      err.println("peft train: " + e.getMessage());
      return WorkerCommand.LOST;
    }
  }

  private static Workers join(PrintWriter out) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    InetAddress here = InetAddress.getLoopbackAddress();
    byte[] secret = HexFormat.of().parseHex(line(in));
    try (WorkerDoor door = WorkerDoor.open(here)) {
      out.println(PORT + door.port());
      List<InetSocketAddress> addresses = new ArrayList<>();
      for (String port : line(in).split(" ")) {
        addresses.add(new InetSocketAddress(here, Integer.parseInt(port)));
      }
      endWithTheOther(in);
      return WorkerRing.join(door, Integer.getInteger(RANK), addresses, secret, PATIENCE);
    }
  }

  private static String line(BufferedReader in) throws IOException {
    String line = in.readLine();
    if (line == null) {
      throw new IOException("the process that started this worker has ended");
    }
    return line;
  }

  /**
   * The input ends with the process that started this one; the training then stops, as by Ctrl-C.
   */
  private static void endWithTheOther(BufferedReader in) {
    Thread watch =
        new Thread(
            () -> {
              try {
                while (in.readLine() != null) {
                  // Nothing more is said.
                }
              } catch (IOException e) {
                // It has ended, too.
              }
              System.exit(1);
            },
            "parent");
    watch.setDaemon(true);
    watch.start();
  }
}
