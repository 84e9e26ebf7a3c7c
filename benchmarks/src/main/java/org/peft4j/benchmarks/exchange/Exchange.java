package org.peft4j.benchmarks.exchange;

import java.util.List;
import java.util.Locale;
import org.peft4j.benchmarks.table.Machine;
import org.peft4j.benchmarks.table.Table;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Prints a table of exchanges on this machine, and one of clusters on paper. */
@Command(
    name = "exchange",
    mixinStandardHelpOptions = true,
    description = "Measures how workers of a ring add up their gradients.")
public final class Exchange implements Runnable {
  @Option(names = "--workers", split = ",", description = "Numbers of workers.")
  List<Integer> workers = List.of(1, 2, 4);

  @Option(
      names = "--parameters",
      split = ",",
      description = "Trained parameters: LoRA r 8 on q and v of 1.1B and of 7B, r 16 on all of 7B.")
  List<Integer> parameters = List.of(1_126_400, 4_194_304, 39_976_960);

  @Option(names = "--rounds", description = "Exchanges that count.")
  int rounds = 9;

  @Option(
      names = "--batch-seconds",
      description = "What a worker's batch takes, for the table on paper.")
  double batchSeconds = 10;

  /** Runs it. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Exchange()).execute(args));
  }

  @Override
  public void run() {
    System.out.println(Machine.description());
    Table measured =
        new Table(
            "parameters",
            "MB",
            "workers",
            "MB sent by a worker",
            "ms least",
            "ms median",
            "CPU ms median");
    for (int count : parameters) {
      for (int size : workers) {
        RingRounds one = RingRounds.measure(size, count, rounds);
        measured.row(
            "%,d".formatted(count),
            decimal(4e-6 * count),
            Integer.toString(size),
            decimal(one.bytesOfAWorker() * 1e-6),
            decimal(1e3 * one.seconds().least()),
            decimal(1e3 * one.seconds().median()),
            decimal(1e3 * one.processor().median()));
      }
    }
    System.out.println(measured);
    Table paper = new Table("parameters", "network", "8 machines", "16", "32", "64");
    for (int count : parameters) {
      for (Network network : Network.values()) {
        paper.row(
            "%,d".formatted(count),
            network.title(),
            share(network, count, 8),
            share(network, count, 16),
            share(network, count, 32),
            share(network, count, 64));
      }
    }
    System.out.println(paper);
  }

  private String share(Network network, long count, int machines) {
    double exchange = network.seconds((double) Float.BYTES * count, machines);
    return "%.2f s, %.0f %%"
        .formatted(batchSeconds + exchange, 100 * batchSeconds / (batchSeconds + exchange));
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, value < 10 ? "%.2f" : "%.1f", value);
  }
}
