package org.peft4j.benchmarks.work;

/** Wall-clock time since its start. */
public final class Stopwatch {
  private final long begin = System.nanoTime();

  private Stopwatch() {}

  /** Starts one. */
  public static Stopwatch start() {
    return new Stopwatch();
  }

  /** Seconds since the start. */
  public double seconds() {
    return (System.nanoTime() - begin) * 1e-9;
  }
}
