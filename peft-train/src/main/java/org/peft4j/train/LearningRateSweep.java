package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The losses of steps whose learning rates grow exponentially (Smith 2017, "Cyclical learning rates
 * for training neural networks", arXiv:1506.01186), and what they suggest.
 *
 * @param points in order; the sweep ends early when the loss has become much worse
 */
public record LearningRateSweep(List<Point> points) {
  /** The weight of what came before in the smoothed loss. */
  private static final double MEMORY = 0.9;

  /** Points at the beginning that suggest nothing: the mean of few losses. */
  private static final int FIRST = 3;

  /**
   * One step.
   *
   * @param learningRate of its update
   * @param loss before its update
   * @param smoothed the exponential mean of the losses so far, its bias towards zero taken out
   */
  public record Point(double learningRate, double loss, double smoothed) {}

  public LearningRateSweep {
    points = List.copyOf(points);
  }

  /** The points of some losses. */
  static LearningRateSweep of(List<Double> rates, List<Double> losses) {
    List<Point> points = new ArrayList<>();
    double mean = 0;
    double weight = 1;
    for (int i = 0; i < losses.size(); i++) {
      mean = MEMORY * mean + (1 - MEMORY) * losses.get(i);
      weight *= MEMORY;
      points.add(new Point(rates.get(i), losses.get(i), mean / (1 - weight)));
    }
    return new LearningRateSweep(points);
  }

  /**
   * The rate at which the smoothed loss falls fastest over the logarithm of the rate, before its
   * lowest point: a tenth or so of the rate from which it rises. Empty if it never falls.
   */
  public OptionalDouble suggestion() {
    int lowest = 0;
    for (int i = 0; i < points.size(); i++) {
      if (points.get(i).smoothed() < points.get(lowest).smoothed()) {
        lowest = i;
      }
    }
    double steepest = 0;
    OptionalDouble rate = OptionalDouble.empty();
    for (int i = FIRST; i < lowest; i++) {
      // Rates are evenly spaced by logarithm.
      double slope = (points.get(i + 1).smoothed() - points.get(i - 1).smoothed()) / 2;
      if (slope < steepest) {
        steepest = slope;
        rate = OptionalDouble.of(points.get(i).learningRate());
      }
    }
    return rate;
  }
}
