package org.peft4j.benchmarks.exchange;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.benchmarks.table.Seconds;
import org.peft4j.train.parallel.WorkerDoor;
import org.peft4j.train.parallel.WorkerRing;
import org.peft4j.train.parallel.Workers;

/**
 * Sums of workers on threads of this process, over the loopback network.
 *
 * @param seconds of each sum, as the first worker sees it
 * @param processor what the first worker's thread computed in each, the system's part included
 * @param bytesOfAWorker what the loopback network carried in a sum, by worker; other traffic of the
 *     machine counts, too
 */
record RingRounds(Seconds seconds, Seconds processor, double bytesOfAWorker) {
  private static final Path TRAFFIC = Path.of("/sys/class/net/lo/statistics/tx_bytes");
  private static final int WARM_UP = 3;

  static RingRounds measure(int size, int parameters, int rounds) {
    if (size == 1) {
      return of(rounds(Workers.alone(), parameters, rounds), 0);
    }
    InetAddress here = InetAddress.getLoopbackAddress();
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    ExecutorService threads = Executors.newFixedThreadPool(size);
    List<WorkerDoor> doors = new ArrayList<>();
    List<InetSocketAddress> addresses = new ArrayList<>();
    try {
      for (int rank = 0; rank < size; rank++) {
        doors.add(WorkerDoor.open(here));
        addresses.add(new InetSocketAddress(here, doors.get(rank).port()));
      }
      List<Future<List<Round>>> all = new ArrayList<>();
      long before = traffic();
      for (int rank = 0; rank < size; rank++) {
        int own = rank;
        all.add(
            threads.submit(
                () -> {
                  try (Workers workers =
                      WorkerRing.join(
                          doors.get(own), own, addresses, secret, Duration.ofMinutes(5))) {
                    return rounds(workers, parameters, rounds);
                  }
                }));
      }
      List<Round> first = all.get(0).get();
      for (Future<List<Round>> each : all) {
        each.get();
      }
      double sums = (double) size * (rounds + WARM_UP);
      return of(first, (traffic() - before) / sums);
    } catch (ExecutionException | InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      doors.forEach(WorkerDoor::close);
      threads.shutdownNow();
    }
  }

  private record Round(double seconds, double processor) {}

  private static RingRounds of(List<Round> rounds, double bytes) {
    return new RingRounds(
        new Seconds(rounds.stream().map(Round::seconds).toList()),
        new Seconds(rounds.stream().map(Round::processor).toList()),
        bytes);
  }

  private static List<Round> rounds(Workers workers, int parameters, int rounds) {
    INDArray gradient = Nd4j.ones(DataType.FLOAT, 1, parameters);
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    List<Round> all = new ArrayList<>();
    for (int round = -WARM_UP; round < rounds; round++) {
      workers.gather(new byte[] {0}); // All begin at once.
      long begin = System.nanoTime();
      long busy = threads.getCurrentThreadCpuTime();
      workers.sum(gradient);
      if (round >= 0) {
        double processor = (threads.getCurrentThreadCpuTime() - busy) * 1e-9;
        all.add(new Round((System.nanoTime() - begin) * 1e-9, processor));
      }
      gradient.assign(1);
    }
    return all;
  }

  private static long traffic() {
    try {
      return Files.exists(TRAFFIC) ? Long.parseLong(Files.readString(TRAFFIC).strip()) : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
