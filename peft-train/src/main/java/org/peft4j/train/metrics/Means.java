package org.peft4j.train.metrics;

import java.util.LinkedHashMap;
import java.util.Map;

/** Sums up the named means of some batches. */
public final class Means {
  private final Map<String, Mean> sums = new LinkedHashMap<>();

  /** Adds those of a batch. */
  public void add(Map<String, Mean> batch) {
    batch.forEach((name, mean) -> sums.merge(name, mean, Mean::and));
  }

  /** The means of all batches, by name; without those of no value at all. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    sums.forEach(
        (name, mean) -> {
          if (mean.count() > 0) {
            values.put(name, mean.value());
          }
        });
    return values;
  }
}
