package org.peft4j.benchmarks.work;

import java.util.List;

/**
 * What the steps took.
 *
 * @param seconds of each step after the warm-up
 * @param tokens that one step works on; for generation those that are decoded one by one
 * @param losses of the very first and the last training step; empty for other work
 */
record Timings(List<Double> seconds, int tokens, List<Double> losses) {
  Timings {
    seconds = List.copyOf(seconds);
    losses = List.copyOf(losses);
  }

  /** All steps' seconds, of which the warm-up is dropped here. */
  static Timings of(Steps steps, List<Double> seconds, int tokens, List<Double> losses) {
    return new Timings(steps.dropWarmup(seconds), tokens, losses);
  }
}
