package org.peft4j.onednn.internal;

import java.util.List;
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
  private static final ThreadLocal<Boolean> INSIDE = ThreadLocal.withInitial(() -> false);

  private Lanes() {}

  /** Whether this thread computes in a lane: operations made there use no other threads. */
  static boolean inside() {
    return INSIDE.get();
  }

  /** How many lanes a computation may have. */
  public static int most() {
    int threads = openMp().ompGetMaxThreads();
    return inside() ? 1 : Math.min(threads, Runtime.getRuntime().availableProcessors());
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
    int threads = openMp().ompGetMaxThreads();
    openMp().setOmpNumThreads(1);
    INSIDE.set(true);
    try {
      task.run();
    } finally {
      INSIDE.set(false);
      openMp().setOmpNumThreads(threads);
    }
  }

  private static NativeOps openMp() {
    return NativeOpsHolder.getInstance().getDeviceNativeOps();
  }
}
