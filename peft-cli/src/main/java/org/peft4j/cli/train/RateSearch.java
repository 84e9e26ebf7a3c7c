package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.peft4j.train.FineTuner;
import org.peft4j.train.LearningRateSweep;
import org.peft4j.train.LearningRateSweep.Point;

/** Tries learning rates and prints their losses, with a suggestion. */
final class RateSearch {
  private static final double LOWEST = 1e-7;
  private static final double HIGHEST = 1;
  private static final int STEPS = 100;
  private static final int LINES = 25;

  private RateSearch() {}

  static void run(FineTuner tuner, PrintWriter out) {
    LearningRateSweep sweep = tuner.sweepLearningRate(LOWEST, HIGHEST, STEPS);
    List<Point> points = sweep.points();
    int every = Math.max(1, points.size() / LINES);
    for (int i = 0; i < points.size(); i += every) {
      Point point = points.get(i);
      out.printf(
          Locale.ROOT,
          "learning rate %.1e  loss %.4f  smoothed %.4f%n",
          point.learningRate(),
          point.loss(),
          point.smoothed());
    }
    sweep
        .suggestion()
        .ifPresentOrElse(
            rate -> out.printf(Locale.ROOT, "suggested: --learning-rate %.1e%n", rate),
            () -> out.println("no suggestion: the loss does not fall; take larger batches"));
    out.println("nothing was written");
  }
}
