package org.peft4j.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.benchmarks.table.Seconds;
import org.peft4j.benchmarks.work.Measurement;

/** One implementation's measurements of a row, over all rounds. */
final class Samples {
  private final List<Measurement> measurements = new ArrayList<>();

  void add(Measurement measurement) {
    measurements.add(measurement);
  }

  boolean isEmpty() {
    return measurements.isEmpty();
  }

  /** The seconds of all rounds' steps together. */
  Seconds seconds() {
    return new Seconds(measurements.stream().flatMap(one -> one.stepSeconds().stream()).toList());
  }

  int tokensPerStep() {
    return measurements.get(0).tokensPerStep();
  }

  double tokensPerSecond() {
    return tokensPerStep() / seconds().median();
  }

  /** The highest peak of all rounds, in bytes. */
  long peakBytes() {
    return measurements.stream().mapToLong(Measurement::peakRssBytes).max().orElse(0);
  }

  double leastLoadSeconds() {
    return measurements.stream().mapToDouble(Measurement::loadSeconds).min().orElse(Double.NaN);
  }

  /** The first and the last loss of the first round. */
  List<Double> losses() {
    return measurements.get(0).losses();
  }
}
