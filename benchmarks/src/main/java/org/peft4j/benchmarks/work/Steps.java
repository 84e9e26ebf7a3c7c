package org.peft4j.benchmarks.work;

import java.util.List;

/**
 * The number of repetitions.
 *
 * @param warmup first steps, which do not count: classes load, code compiles, buffers grow
 * @param counted steps after them
 */
public record Steps(int warmup, int counted) {
  public Steps {
    if (warmup < 0 || counted < 1) {
      throw new IllegalArgumentException(
          "warmup is %d and steps is %d; allowed: 0 and above, 1 and above."
              .formatted(warmup, counted));
    }
  }

  /** Both together. */
  public int all() {
    return warmup + counted;
  }

  /** Drops the warm-up from the seconds of all steps. */
  public List<Double> dropWarmup(List<Double> seconds) {
    return seconds.subList(warmup, seconds.size());
  }
}
