package org.peft4j.train;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;

/** Listeners of tests. */
final class Steps implements TrainingListener {
  private final List<StepMetrics> all = new ArrayList<>();

  @Override
  public void onStep(StepMetrics metrics) {
    all.add(metrics);
  }

  /** The metrics of every step so far. */
  List<StepMetrics> all() {
    return all;
  }

  List<Double> losses() {
    return all.stream().map(StepMetrics::loss).toList();
  }

  /** A listener that acts once, after that step. */
  static TrainingListener after(long step, Runnable action) {
    return new TrainingListener() {
      @Override
      public void onStep(StepMetrics metrics) {
        if (metrics.step() == step) {
          action.run();
        }
      }
    };
  }
}
