package org.peft4j.examples.classification;

import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;

/** Prints the mean loss of every so many steps. */
final class MeanLosses implements TrainingListener {
  private final int every;
  private double sum;
  private int count;
  private long step;

  MeanLosses(int every) {
    this.every = every;
  }

  @Override
  public void onStep(StepMetrics metrics) {
    sum += metrics.loss();
    count++;
    step = metrics.step();
    if (count == every) {
      print();
    }
  }

  @Override
  public void onEnd(FineTuningResult result) {
    if (count > 0) {
      print();
    }
  }

  private void print() {
    System.out.printf("step %d, mean loss %.4f%n", step, sum / count);
    sum = 0;
    count = 0;
  }
}
