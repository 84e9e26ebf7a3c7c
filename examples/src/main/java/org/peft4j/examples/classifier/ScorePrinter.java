package org.peft4j.examples.classifier;

import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.api.BaseTrainingListener;

/** A Deeplearning4j listener that prints the score now and then. */
final class ScorePrinter extends BaseTrainingListener {
  private final int every;

  ScorePrinter(int every) {
    this.every = every;
  }

  @Override
  public void iterationDone(Model model, int iteration, int epoch) {
    if (iteration % every == 0) {
      System.out.printf("  epoch %2d   loss %.3f%n", epoch, model.score());
    }
  }
}
