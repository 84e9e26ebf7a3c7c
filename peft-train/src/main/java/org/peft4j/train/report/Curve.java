package org.peft4j.train.report;

import java.util.ArrayList;
import java.util.List;

/**
 * Values by step.
 *
 * @param steps growing
 * @param values as many
 */
record Curve(List<Double> steps, List<Double> values) {
  private static final int MOST_POINTS = 250;

  Curve {
    steps = List.copyOf(steps);
    values = List.copyOf(values);
  }

  double last() {
    return values.get(values.size() - 1);
  }

  /** No more points than a plot can show: the means of neighbours. */
  Curve thinned() {
    int each = (steps.size() - 1) / MOST_POINTS + 1;
    if (each == 1) {
      return this;
    }
    List<Double> fewerSteps = new ArrayList<>();
    List<Double> fewerValues = new ArrayList<>();
    for (int from = 0; from < steps.size(); from += each) {
      int to = Math.min(from + each, steps.size());
      fewerSteps.add(mean(steps.subList(from, to)));
      fewerValues.add(mean(values.subList(from, to)));
    }
    return new Curve(fewerSteps, fewerValues);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
