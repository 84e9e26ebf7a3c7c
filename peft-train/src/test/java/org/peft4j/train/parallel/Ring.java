package org.peft4j.train.parallel;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Workers on threads of this process. */
public final class Ring {
  public static final byte[] SECRET = "a secret of workers".getBytes(StandardCharsets.UTF_8);
  static final Duration PATIENCE = Duration.ofSeconds(60);

  private Ring() {}

  /** What each of {@code size} workers returns, by rank; the first failure is thrown. */
  public static <T> List<T> of(int size, Function<Workers, T> work) {
    return of(size, PATIENCE, rank -> SECRET, work);
  }

  /** The same, where a worker waits for another at most so long. */
  static <T> List<T> of(
      int size, Duration patience, Function<Integer, byte[]> secrets, Function<Workers, T> work) {
    ExecutorService threads = Executors.newFixedThreadPool(size);
    List<WorkerDoor> doors = new ArrayList<>();
    try {
      List<InetSocketAddress> addresses = new ArrayList<>();
      for (int rank = 0; rank < size; rank++) {
        WorkerDoor door = WorkerDoor.open(InetAddress.getLoopbackAddress());
        doors.add(door);
        addresses.add(new InetSocketAddress(InetAddress.getLoopbackAddress(), door.port()));
      }
      List<Future<T>> all = new ArrayList<>();
      for (int i = 0; i < size; i++) {
        int rank = i;
        all.add(
            threads.submit(
                () -> {
                  try (Workers workers =
                      WorkerRing.join(
                          doors.get(rank), rank, addresses, secrets.apply(rank), patience)) {
                    return work.apply(workers);
                  }
                }));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> one : all) {
        results.add(one.get());
      }
      return results;
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException own) {
        throw own;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    } finally {
      doors.forEach(WorkerDoor::close);
      threads.shutdownNow();
    }
  }
}
