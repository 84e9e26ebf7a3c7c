package org.peft4j.transformers.metrics;

import java.util.Map;

/**
 * How much of what was predicted is right.
 *
 * @param hits what is in both
 * @param predicted what was predicted
 * @param actual what should have been
 */
record Counts(long hits, long predicted, long actual) {
  /** Counts of two bags: an element is in both as often as in the one that has it less often. */
  static <T> Counts of(Map<T, Integer> predicted, Map<T, Integer> actual) {
    long hits = 0;
    for (Map.Entry<T, Integer> each : predicted.entrySet()) {
      hits += Math.min(each.getValue(), actual.getOrDefault(each.getKey(), 0));
    }
    return new Counts(hits, sum(predicted), sum(actual));
  }

  private static long sum(Map<?, Integer> bag) {
    return bag.values().stream().mapToLong(Integer::longValue).sum();
  }

  Counts plus(Counts other) {
    return new Counts(hits + other.hits, predicted + other.predicted, actual + other.actual);
  }

  /** {@code hits/predicted}; 0 if nothing was predicted. */
  double precision() {
    return share(hits, predicted);
  }

  /** {@code hits/actual}; 0 if there is nothing to find. */
  double recall() {
    return share(hits, actual);
  }

  /** The harmonic mean of precision and recall, {@code 2·hits/(predicted + actual)}; 0 if empty. */
  double f1() {
    return share(2 * hits, predicted + actual);
  }

  private static double share(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }
}
