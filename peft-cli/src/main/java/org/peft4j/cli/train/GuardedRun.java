package org.peft4j.cli.train;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.peft4j.PeftModel;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.cli.options.Wording;
import org.peft4j.cli.runfile.SameRun;
import org.peft4j.error.NonFiniteException;
import org.peft4j.error.PeftException;
import org.peft4j.train.Checkpoints;
import org.peft4j.train.FineTuner;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.card.ModelCard;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.MetricsFile;
import org.peft4j.train.metrics.TrainingListener;

/**
 * A training with its listeners, whose adapter is saved however it ends: at its end, by Ctrl-C, or
 * by a failure.
 *
 * @param model whose adapter trains
 * @param save where to
 * @param output the folder of the run
 * @param options the text of its file
 * @param card of the adapter, for its evaluation
 * @param others more listeners, which close their files at the end
 * @param out where progress is told
 */
record GuardedRun(
    PeftModel<?> model,
    SafeSave save,
    Path output,
    String options,
    Function<Optional<Evaluation>, ModelCard> card,
    List<TrainingListener> others,
    Wording wording,
    PrintWriter out) {
  /** In messages about a checkpoint; other names of settings are words of messages, too. */
  private static final OptionNames SETTINGS =
      new OptionNames(
          Map.of(
              "batchSize", "--batch-size",
              "gradientAccumulation", "--grad-accumulation",
              "learningRate", "--learning-rate",
              "weightDecay", "--weight-decay",
              "warmupSteps", "--warmup-steps",
              "warmupRatio", "--warmup-ratio",
              "maxGradNorm", "--max-grad-norm",
              "dropLast", "--drop-last",
              "decayAll", "--decay-all"));

  /** Trains, saves the adapter and tells about it. */
  void train(FineTunerBuilder<?> builder) {
    try (MetricsFile metrics = new MetricsFile(output.resolve("metrics.jsonl"));
        Progress progress = Progress.to(out, wording)) {
      others.forEach(builder::listener);
      fit(
          builder
              .listener(progress)
              .listener(metrics)
              .listener(new OptionsFile(output.resolve(SameRun.NAME), options))
              .build(),
          progress);
    }
  }

  private void fit(FineTuner tuner, Progress progress) {
    try (GracefulStop stop = GracefulStop.calling(tuner::stop)) {
      FineTuningResult result = run(tuner, progress);
      progress.close();
      if (result.steps() == 0) {
        throw new PeftException("Interrupted before the first step; nothing was saved.");
      }
      save.save(model);
      card.apply(evaluation(result)).write(output);
      tell(result, progress);
    }
  }

  /** Of the adapter that is saved. */
  private static Optional<Evaluation> evaluation(FineTuningResult result) {
    List<StepEvaluation> all = result.evaluations();
    return result
        .best()
        .or(() -> all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1)))
        .map(StepEvaluation::evaluation);
  }

  private void tell(FineTuningResult result, Progress progress) {
    out.println(progress.summary(result));
    result.reason().ifPresent(reason -> out.println("ended early: " + reason));
    String which =
        result.best().map(best -> "best adapter, of step " + best.step() + ",").orElse("adapter");
    out.println(which + " saved in " + output);
    if (result.interrupted()) {
      out.println(
          "checkpoint of step "
              + result.steps()
              + " written; go on with: peft train --config "
              + output.resolve(SameRun.NAME)
              + " --resume "
              + output);
    }
  }

  /** What ends a training early does not lose the adapter. */
  private FineTuningResult run(FineTuner tuner, Progress progress) {
    try {
      return tuner.run();
    } catch (NonFiniteException e) {
      throw Checkpoints.latest(output).isPresent()
          ? e
          : new NonFiniteException(e, "There is no checkpoint; --save-every writes some.");
    } catch (PeftException e) {
      if (progress.steps() > 0) {
        save.save(model);
        throw new PeftException(
            e.getMessage() + " The adapter of step " + progress.last() + " is in " + output + ".",
            e);
      }
      return SETTINGS.in(
          () -> {
            throw e;
          });
    }
  }
}
