package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.peft4j.cli.options.Wording;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.StepMetrics;

/** Draws a bar on standard error; prints evaluations after the bar is finished. */
final class ProgressOnTerminal extends Progress {
  private static final int WIDTH = 100;

  private final PrintWriter out;
  private final List<String> evaluations = new ArrayList<>();
  private @Nullable ProgressBar bar;
  private String evaluated = "";

  ProgressOnTerminal(PrintWriter out, Wording wording) {
    super(wording);
    this.out = out;
  }

  @Override
  public void onStart(long done, long total) {
    bar =
        new ProgressBarBuilder()
            .setTaskName("training")
            .setInitialMax(total)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .setConsumer(new ConsoleProgressBarConsumer(System.err, WIDTH))
            .build();
  }

  @Override
  public void onStep(StepMetrics metrics) {
    super.onStep(metrics);
    if (bar != null) {
      bar.stepTo(metrics.step());
      bar.setExtraMessage(
          String.format(
              Locale.ROOT,
              " loss %.3f%s, %,.0f %s/s",
              metrics.loss(),
              evaluated,
              metrics.tokensPerSecond(),
              parts()));
    }
  }

  @Override
  public void onEvaluation(long step, Evaluation evaluation) {
    evaluated = String.format(Locale.ROOT, " (evaluated %.3f)", evaluation.loss());
    evaluations.add(text(step, evaluation));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      bar = null;
      evaluations.forEach(out::println);
    }
  }
}
