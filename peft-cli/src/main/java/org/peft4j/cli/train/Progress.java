package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.util.Locale;
import org.peft4j.cli.options.Wording;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;

/** Shows the progress of a training: a bar on a terminal, lines otherwise. */
abstract class Progress implements TrainingListener, AutoCloseable {
  /** Set by the launcher, because only some JVM versions know. */
  private static final String TERMINAL = "peft.terminal";

  private final Wording wording;
  private long steps;
  private long last;
  private double seconds;
  private double tokens;

  Progress(Wording wording) {
    this.wording = wording;
  }

  static Progress to(PrintWriter out, Wording wording) {
    return Boolean.getBoolean(TERMINAL)
        ? new ProgressOnTerminal(out, wording)
        : new ProgressLines(out, wording);
  }

  @Override
  public void onStep(StepMetrics metrics) {
    steps++;
    last = metrics.step();
    seconds += metrics.stepSeconds();
    tokens += metrics.tokensPerSecond() * metrics.stepSeconds();
  }

  /** The steps that were made. */
  final long steps() {
    return steps;
  }

  /** The number of the last step, those before the training was resumed included. */
  final long last() {
    return last;
  }

  final String text(long step, Evaluation evaluation) {
    return "evaluation after step " + step + ": " + wording.line(evaluation);
  }

  /** The last line: steps, time, speed and loss. */
  final String summary(FineTuningResult result) {
    if (steps == 0) {
      return "nothing left to do after step " + result.steps();
    }
    return String.format(
        Locale.ROOT,
        "%s%d step%s in %.1f s, %,.0f %s/s, last loss %.4f",
        result.interrupted() ? "interrupted after " : "",
        steps,
        steps == 1 ? "" : "s",
        seconds,
        tokens / seconds,
        wording.parts(),
        result.finalLoss());
  }

  /** What the speed is counted in. */
  final String parts() {
    return wording.parts();
  }

  @Override
  public abstract void close();
}
