package org.peft4j.cli.workers;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.peft4j.error.PeftException;

/**
 * Processes of this machine that train together, with the options of this JVM. They end together:
 * when one fails, when this process is stopped, and when it is killed.
 */
final class ProcessGroup {
  private static final int SECRET_BYTES = 32;

  /** Time to save an adapter after another worker has failed. */
  private static final int LAST_SECONDS = 60;

  private static final List<String> THREADS = List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS");

  private final String main;
  private final int count;
  private final PrintWriter out;
  private final PrintWriter err;
  private final List<WorkerProcess> workers = new ArrayList<>();
  private final BlockingQueue<WorkerProcess> ended = new LinkedBlockingQueue<>();

  /**
   * As many processes.
   *
   * @param main the class that they run
   * @param out where the first one's output goes
   * @param err where its errors go, if this process has no terminal
   */
  ProcessGroup(String main, int count, PrintWriter out, PrintWriter err) {
    this.main = main;
    this.count = count;
    this.out = out;
    this.err = err;
  }

  /**
   * Runs the command in all of them.
   *
   * @return the status of the first one, which has told why if it is not 0
   * @throws PeftException if another one fails, with its message
   */
  int run(List<String> arguments) {
    CountDownLatch done = new CountDownLatch(1);
    Thread stop = new Thread(() -> stop(done), "stop workers");
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      start(arguments);
      introduce();
      return await();
    } catch (IOException e) {
      throw new PeftException("Cannot start a process for a worker: " + e.getMessage(), e);
    } finally {
      workers.forEach(worker -> worker.process().destroyForcibly());
      done.countDown();
      try {
        Runtime.getRuntime().removeShutdownHook(stop);
      } catch (IllegalStateException e) {
        // The JVM is already ending; the hook has waited for this.
      }
    }
  }

  /** Ctrl-C on a terminal reaches all of them anyway; another signal only this process. */
  private void stop(CountDownLatch done) {
    workers.forEach(WorkerProcess::stop);
    try {
      done.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void start(List<String> arguments) throws IOException {
    for (int rank = 0; rank < count; rank++) {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(
          ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
              .filter(option -> !option.startsWith("-agentlib:jdwp"))
              .collect(Collectors.toList()));
      command.add("-D" + WorkerEntry.RANK + "=" + rank);
      command.addAll(List.of("-Dstdout.encoding=UTF-8", "-Dstderr.encoding=UTF-8"));
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), main));
      command.addAll(arguments);
      ProcessBuilder builder = new ProcessBuilder(command);
      THREADS.forEach(name -> builder.environment().putIfAbsent(name, Integer.toString(share())));
      boolean terminal = rank == 0 && Boolean.getBoolean("peft.terminal");
      builder.redirectError(terminal ? Redirect.INHERIT : Redirect.PIPE);
      WorkerProcess worker =
          new WorkerProcess(rank, builder, rank == 0 ? out : null, rank == 0 ? err : null);
      workers.add(worker);
      CompletableFuture<Void> unused = worker.process().onExit().thenRun(() -> ended.add(worker));
    }
  }

  private int share() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() / count);
  }

  private void introduce() {
    byte[] secret = new byte[SECRET_BYTES];
    new SecureRandom().nextBytes(secret);
    workers.forEach(worker -> worker.tell(HexFormat.of().formatHex(secret)));
    if (workers.stream().allMatch(WorkerProcess::listens)) {
      String ports =
          workers.stream()
              .map(worker -> Integer.toString(worker.port()))
              .collect(Collectors.joining(" "));
      workers.forEach(worker -> worker.tell(ports));
    } else {
      workers.forEach(WorkerProcess::stop);
    }
  }

  /** The worker that failed first is to blame, but for those that only miss another. */
  private int await() {
    List<WorkerProcess> failed = new ArrayList<>();
    long deadline = Long.MAX_VALUE;
    for (int left = count; left > 0; left--) {
      WorkerProcess worker = next(deadline);
      if (worker.process().exitValue() != 0) {
        failed.add(worker);
        if (failed.size() == 1) {
          deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LAST_SECONDS);
        }
      }
    }
    workers.get(0).drain();
    if (failed.isEmpty()) {
      return 0;
    }
    WorkerProcess guilty =
        failed.stream()
            .filter(worker -> worker.process().exitValue() != WorkerCommand.LOST)
            .findFirst()
            .orElse(failed.get(0));
    if (guilty.rank() == 0) {
      return guilty.process().exitValue();
    }
    throw guilty.failure(count);
  }

  private WorkerProcess next(long deadline) {
    try {
      long left = deadline == Long.MAX_VALUE ? deadline : deadline - System.nanoTime();
      WorkerProcess worker = ended.poll(left, TimeUnit.NANOSECONDS);
      if (worker == null) {
        workers.forEach(each -> each.process().destroyForcibly());
        worker = ended.take();
      }
      return worker;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeftException("Interrupted while workers train.", e);
    }
  }
}
