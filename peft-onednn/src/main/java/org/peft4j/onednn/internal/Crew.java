package org.peft4j.onednn.internal;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Splits works on rows over the cores where one follows closely on another, as the products of a
 * token do. To wake a thread takes as long as a good part of such a work; so helpers, tasks in the
 * JVM's common pool, look out for the next work for a while before they end.
 */
public final class Crew {
  private static final int CORES = Runtime.getRuntime().availableProcessors();
  private static final Crew COMMON = new Crew(ForkJoinPool.commonPool(), CORES - 1);

  /** Parts of a work for each core, so that one that is late or slower takes fewer of them. */
  private static final int PARTS = 4;

  /** Less work than this is not worth a second thread. */
  private static final long SMALL = 1 << 15;

  /** How long a helper looks out for work. */
  private static final long PATIENCE = TimeUnit.MICROSECONDS.toNanos(300);

  /** Turns of waiting for the parts of others, some 100 µs, before this thread gives way. */
  private static final int TURNS = 1 << 12;

  private final Executor pool;
  private final int helpers;
  private final AtomicBoolean busy = new AtomicBoolean();
  private final AtomicInteger present = new AtomicInteger();
  private volatile @Nullable Work work;

  /**
   * @param helpers the most tasks in {@code pool} at once
   */
  Crew(Executor pool, int helpers) {
    this.pool = pool;
    this.helpers = helpers;
  }

  /** Runs {@code task} on parts of {@code rows} rows of {@code columns} elements. */
  public static void run(long rows, long columns, RowTasks.Task task) {
    int count = Math.toIntExact(rows);
    boolean alone = rows * columns < SMALL || CORES == 1 || Lanes.inside();
    if (alone || !COMMON.split(count, Math.min(count, PARTS * CORES), task)) {
      task.run(0, count);
    }
  }

  /** Whether the work is done: a crew has one at a time, whose cores are then taken. */
  boolean split(int rows, int parts, RowTasks.Task task) {
    if (!busy.compareAndSet(false, true)) {
      return false;
    }
    try {
      Work mine = new Work(rows, parts, task);
      work = mine;
      call();
      mine.take();
      mine.await();
    } finally {
      work = null;
      busy.set(false);
    }
    return true;
  }

  /** Calls the helpers that are not here. */
  private void call() {
    while (join()) {
      try {
        pool.execute(this::help);
      } catch (RejectedExecutionException e) { // Then without help.
        present.decrementAndGet();
        return;
      }
    }
  }

  private void help() {
    Work last = null;
    do {
      last = lookOut(last);
      present.decrementAndGet();
    } while (isNew(work, last) && join());
  }

  /** Adds a helper if there are not enough. */
  private boolean join() {
    boolean joined = present.incrementAndGet() <= helpers;
    if (!joined) {
      present.decrementAndGet();
    }
    return joined;
  }

  /** Takes part in works until none has come for a while; returns the last. */
  private @Nullable Work lookOut(@Nullable Work before) {
    Work last = before;
    long end = System.nanoTime() + PATIENCE;
    while (System.nanoTime() < end) {
      Work now = work;
      if (now != null && isNew(now, last)) {
        now.take();
        last = now;
        end = System.nanoTime() + PATIENCE;
      }
      Thread.onSpinWait();
    }
    return last;
  }

  private static boolean isNew(@Nullable Work now, @Nullable Work last) {
    return now != null && now != last;
  }

  /** A work, whose parts go to whoever comes first. */
  private static final class Work {
    private final int rows;
    private final int parts;
    private final RowTasks.Task task;
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger done = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    Work(int rows, int parts, RowTasks.Task task) {
      this.rows = rows;
      this.parts = parts;
      this.task = task;
    }

    void take() {
      for (int part = taken.getAndIncrement(); part < parts; part = taken.getAndIncrement()) {
        try {
          task.run(first(part), first(part + 1));
        } catch (RuntimeException | Error e) {
          failure = e;
        } finally {
          done.incrementAndGet();
        }
      }
    }

    private int first(int part) {
      return (int) ((long) rows * part / parts);
    }

    /** Waits for the parts that others have taken; throws what one of the parts has thrown. */
    void await() {
      for (int turn = 0; done.get() < parts; turn++) {
        if (turn < TURNS) {
          Thread.onSpinWait();
        } else {
          Thread.yield(); // The other one may need this core.
        }
      }
      if (failure instanceof Error error) {
        throw error;
      }
      if (failure instanceof RuntimeException known) {
        throw known;
      }
    }
  }
}
