package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.util.Locale;
import org.peft4j.cli.options.Wording;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.StepMetrics;

/** Prints a line every few steps, about {@value #LINES} in all. */
final class ProgressLines extends Progress {
  private static final int LINES = 30;

  private final PrintWriter out;
  private long total;
  private long every = 1;

  ProgressLines(PrintWriter out, Wording wording) {
    super(wording);
    this.out = out;
  }

  @Override
  public void onStart(long done, long all) {
    total = all;
    every = Math.max(1, all / LINES);
  }

  @Override
  public void onStep(StepMetrics metrics) {
    super.onStep(metrics);
    if (metrics.step() == 1 || metrics.step() % every == 0 || metrics.step() == total) {
      out.printf(
          Locale.ROOT,
          "step %d/%d  loss %.4f  learning rate %.2e  %,.0f %s/s%n",
          metrics.step(),
          total,
          metrics.loss(),
          metrics.learningRate(),
          metrics.tokensPerSecond(),
          parts());
    }
  }

  @Override
  public void onEvaluation(long step, Evaluation evaluation) {
    out.println(text(step, evaluation));
  }

  @Override
  public void close() {
    out.flush();
  }
}
