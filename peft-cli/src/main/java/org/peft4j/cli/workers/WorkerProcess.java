package org.peft4j.cli.workers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/** A process that trains as a worker, as the one that started it sees it. */
final class WorkerProcess {
  private static final Duration START = Duration.ofMinutes(5);
  private static final int KEPT_LINES = 40;
  private static final int KILLED = 137;

  /** What a line begins with that says why a worker fails. */
  private static final String MESSAGE = "peft train: ";

  private final int rank;
  private final Process process;
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final Deque<String> errors = new ArrayDeque<>();
  private final List<Thread> readers;

  /**
   * Starts it.
   *
   * @param builder whose error output is inherited or piped
   * @param out where its lines go; null for nowhere
   * @param err where the lines of its error output go, if it is piped; null for nowhere
   */
  WorkerProcess(
      int rank, ProcessBuilder builder, @Nullable PrintWriter out, @Nullable PrintWriter err)
      throws IOException {
    this.rank = rank;
    process = builder.start();
    readers =
        List.of(
            reader(process.getInputStream(), line -> output(line, out)),
            reader(process.getErrorStream(), line -> error(line, err)));
    CompletableFuture<Void> unused =
        process.onExit().thenRun(() -> port.completeExceptionally(new IOException("it has ended")));
  }

  private Thread reader(InputStream stream, Consumer<String> line) {
    Thread thread =
        new Thread(
            () -> {
              try (BufferedReader lines =
                  new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
                lines.lines().forEach(line);
              } catch (IOException | UncheckedIOException e) {
                // The process has ended.
              }
            },
            "worker " + rank);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void output(String line, @Nullable PrintWriter out) {
    if (!port.isDone() && line.startsWith(WorkerEntry.PORT)) {
      port.complete(Integer.valueOf(line.substring(WorkerEntry.PORT.length())));
    } else if (out != null) {
      out.println(line);
    }
  }

  private void error(String line, @Nullable PrintWriter err) {
    synchronized (errors) {
      errors.addLast(line);
      if (errors.size() > KEPT_LINES) {
        errors.removeFirst();
      }
    }
    if (err != null) {
      err.println(line);
    }
  }

  int rank() {
    return rank;
  }

  Process process() {
    return process;
  }

  /** The port that it listens at; empty if it ended before it told. */
  boolean listens() {
    try {
      port.get(START.toSeconds(), TimeUnit.SECONDS);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException | TimeoutException e) {
      return false;
    }
  }

  int port() {
    return port.join();
  }

  /** Says a line on its input. */
  void tell(String line) {
    try {
      OutputStream in = process.getOutputStream();
      in.write((line + "\n").getBytes(StandardCharsets.US_ASCII));
      in.flush();
    } catch (IOException e) {
      // It has ended, which its status tells.
    }
  }

  /**
   * Asks it to end; what it writes until then is read, which {@code Process.destroy} would not do.
   */
  void stop() {
    process.toHandle().destroy();
  }

  /** Why it has ended with a status that is not 0. */
  PeftException failure(int count) {
    drain();
    Optional<String> message;
    String last;
    synchronized (errors) {
      message =
          errors.stream()
              .filter(line -> line.startsWith(MESSAGE))
              .map(line -> line.substring(MESSAGE.length()))
              .findFirst();
      last = errors.isEmpty() ? "" : errors.getLast();
    }
    int status = process.exitValue();
    String ended =
        "ended with the status "
            + status
            + (status == KILLED
                ? ", as a process that is killed"
                : last.isBlank() ? "" : ": " + last);
    return new PeftException(
        "Worker %d of %d %s".formatted(rank, count, message.map("failed: "::concat).orElse(ended)));
  }

  /** Until all that it has written is read. */
  void drain() {
    try {
      for (Thread reader : readers) {
        reader.join(1000);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
