package org.peft4j.onednn.internal;

import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.jspecify.annotations.Nullable;
import org.nd4j.nativeblas.NativeOps;
import org.nd4j.nativeblas.NativeOpsHolder;

/**
 * Computations side by side, each on one thread alone: where each is a series of small products,
 * that is faster than each product on all threads, which would wait for each other after every one.
 *
 * <p>oneDNN takes as many threads as OpenMP would give the calling one. ND4J sets that number, for
 * both libraries use one OpenMP.
 */
public final class Lanes {
  /** Of lanes that do not run. The JVM's common threads forget their locals after each task. */
  private static final Deque<Workbench> IDLE = new ConcurrentLinkedDeque<>();

  private static final ThreadLocal<@Nullable Workbench> OF_LANE = new ThreadLocal<>();

  private Lanes() {}

  /** Whether this thread computes in a lane: operations made there use no other threads. */
  static boolean inside() {
    return workbench() != null;
  }

  /** That of the lane in which this thread computes; null if it is in none. */
  static @Nullable Workbench workbench() {
    return OF_LANE.get();
  }

  /** The most threads of an operation made here. */
  public static int threads() {
    return openMp().ompGetMaxThreads();
  }

  /** How many lanes a computation may have. */
  public static int most() {
    return inside() ? 1 : Math.min(threads(), Runtime.getRuntime().availableProcessors());
  }

  /** Runs tasks side by side; a single one with all threads. */
  public static void run(List<Runnable> tasks) {
    if (tasks.size() == 1) {
      tasks.get(0).run();
    } else {
      tasks.parallelStream().forEach(Lanes::alone);
    }
  }

  private static void alone(Runnable task) {
    int threads = threads();
    openMp().setOmpNumThreads(1);
    Workbench idle = IDLE.poll();
    Workbench own = idle == null ? Workbench.empty() : idle;
    OF_LANE.set(own);
    try {
      task.run();
    } finally {
      OF_LANE.remove();
      IDLE.push(own);
      openMp().setOmpNumThreads(threads);
    }
  }

  private static NativeOps openMp() {
    return NativeOpsHolder.getInstance().getDeviceNativeOps();
  }
}
