package org.peft4j.benchmarks.table;

import java.util.List;

/**
 * Times of equal steps.
 *
 * @param all one for each step, at least one
 */
public record Seconds(List<Double> all) {
  public Seconds {
    all = all.stream().sorted().toList();
  }

  /** The fastest step's. */
  public double least() {
    return all.get(0);
  }

  /** The median step's. */
  public double median() {
    int half = all.size() / 2;
    return all.size() % 2 == 1 ? all.get(half) : (all.get(half - 1) + all.get(half)) / 2;
  }
}
