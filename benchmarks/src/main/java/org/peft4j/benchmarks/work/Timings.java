package org.peft4j.benchmarks.work;

import java.util.List;

/**
 * The times of the steps.
 *
 * @param seconds of each step after the warm-up
 * @param tokens in one step; for generation those decoded one by one
 * @param losses of the first and the last training step; empty for other work
 */
record Timings(List<Double> seconds, int tokens, List<Double> losses) {
  Timings {
    seconds = List.copyOf(seconds);
    losses = List.copyOf(losses);
  }

  /** Drops the warm-up from all steps' seconds. */
  static Timings of(Steps steps, List<Double> seconds, int tokens, List<Double> losses) {
    return new Timings(steps.dropWarmup(seconds), tokens, losses);
  }
}
