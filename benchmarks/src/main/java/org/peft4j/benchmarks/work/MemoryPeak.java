package org.peft4j.benchmarks.work;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The rate at which this machine reads memory: every thread sums its own array. */
public final class MemoryPeak {
  private static final int WORDS = 1 << 24;
  private static final int REPEATS = 8;

  private MemoryPeak() {}

  /** Bytes per second, all threads together. */
  public static double measure() {
    int threads = Runtime.getRuntime().availableProcessors();
    long[][] arrays = new long[threads][WORDS];
    Arrays.stream(arrays).forEach(array -> Arrays.setAll(array, i -> i));
    double least = Double.POSITIVE_INFINITY;
    long sums = 0;
    for (int i = 0; i < REPEATS; i++) {
      Stopwatch watch = Stopwatch.start();
      sums += IntStream.range(0, threads).parallel().mapToLong(t -> sum(arrays[t])).sum();
      least = Math.min(least, watch.seconds());
    }
    if (sums == 0) {
      throw new IllegalStateException("The sums are used, so that they are computed.");
    }
    return (double) threads * WORDS * Long.BYTES / least;
  }

  /** Four sums at once: one would wait for itself. */
  private static long sum(long[] values) {
    long a = 0;
    long b = 0;
    long c = 0;
    long d = 0;
    for (int i = 0; i < values.length; i += 4) {
      a += values[i];
      b += values[i + 1];
      c += values[i + 2];
      d += values[i + 3];
    }
    return a + b + c + d;
  }
}
