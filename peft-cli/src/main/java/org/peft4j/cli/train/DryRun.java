package org.peft4j.cli.train;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.ByteSize;
import org.peft4j.cli.options.OpenModel;
import org.peft4j.cli.options.TaskData;
import org.peft4j.cli.options.Wording;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTuningSettings;
import org.peft4j.train.data.Batch;
import org.peft4j.train.data.Examples;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.metrics.StepMetrics;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.plan.TrainingBatch;

/**
 * What a training would take, from its first two steps: the first of a process takes longer than
 * those that follow.
 */
final class DryRun<B extends Batch> implements TrainingListener {
  private static final int STEPS = 2;
  private static final Path STATUS = Path.of("/proc/self/status");
  private static final Pattern PEAK = Pattern.compile("VmHWM:\\s*(\\d+) kB");

  private final OpenModel open;
  private final TaskData<B> data;
  private final FineTuningSettings settings;
  private final Wording wording;
  private final Runnable stop;
  private long total;
  private Optional<StepMetrics> last = Optional.empty();

  /**
   * A dry run.
   *
   * @param stop ends the training after the present step
   */
  DryRun(
      OpenModel open,
      TaskData<B> data,
      FineTuningSettings settings,
      Wording wording,
      Runnable stop) {
    this.open = open;
    this.data = data;
    this.settings = settings;
    this.wording = wording;
    this.stop = stop;
  }

  @Override
  public void onStart(long done, long all) {
    total = all;
  }

  @Override
  public void onStep(StepMetrics metrics) {
    last = Optional.of(metrics);
    if (metrics.step() >= STEPS) {
      stop.run();
    }
  }

  /** Makes the steps and prints what they tell. */
  void run(FineTuner tuner, TransformerOptions options, PrintWriter out) {
    tuner.run();
    StepMetrics step = last.orElseThrow();
    out.printf(
        Locale.ROOT,
        "one step: %s, %,d %s, loss %.4f%n",
        TimeText.of(step.stepSeconds()),
        step.tokens(),
        wording.parts(),
        step.loss());
    double seconds = total * step.stepSeconds();
    out.printf(Locale.ROOT, "%,d steps: about %s%n", total, TimeText.of(seconds));
    data.evaluation().ifPresent(held -> seconds(held, seconds, out));
    peak()
        .ifPresent(bytes -> out.println("memory of this process so far: " + ByteSize.text(bytes)));
    longest(data.examples())
        .ifPresent(
            length -> {
              int batch = Math.min(settings.batchSize(), data.examples().size());
              out.printf(
                  Locale.ROOT,
                  "arrays for the longest batch, %,d × %,d tokens: about %s%n",
                  batch,
                  length,
                  ByteSize.text(planned(new TrainingBatch(batch, length), options)));
            });
    out.println("dry run: nothing was written");
  }

  private void seconds(Examples<B> held, double training, PrintWriter out) {
    int rows = Math.min(settings.batchSize(), held.size());
    B batch = held.batch(IntStream.range(0, rows).toArray());
    PeftModel<ComputationGraph> model = open.wrapped().orElseThrow();
    final long begin = System.nanoTime();
    data.objective().loss(model, batch);
    double one = (System.nanoTime() - begin) * 1e-9 * held.size() / rows;
    long every = settings.evalEvery();
    long count = every == 0 ? 1 : (total - 1) / every + 1;
    out.printf(
        Locale.ROOT,
        "%,d evaluation%s: about %s, %s in all%n",
        count,
        count == 1 ? "" : "s",
        TimeText.of(count * one),
        TimeText.of(training + count * one));
  }

  private long planned(TrainingBatch batch, TransformerOptions options) {
    PeftModel<ComputationGraph> model = open.wrapped().orElseThrow();
    return open.base()
        .plan(model.config(Peft.DEFAULT_ADAPTER), batch)
        .memory(options.precision(), options.quantization(), options.gradientCheckpointing())
        .total();
  }

  private static OptionalInt longest(Examples<?> examples) {
    if (examples instanceof TrainingData tokens) {
      return OptionalInt.of(tokens.longest());
    }
    return examples instanceof VectorData texts
        ? OptionalInt.of(texts.longest())
        : OptionalInt.empty();
  }

  /** The most memory that this process has had, where the system tells. */
  private static Optional<Long> peak() {
    try {
      Matcher found = PEAK.matcher(Files.exists(STATUS) ? Files.readString(STATUS) : "");
      return found.find() ? Optional.of(Long.parseLong(found.group(1)) << 10) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
