package org.peft4j.cli.train;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.cli.options.OptionNames;
import org.peft4j.error.PeftException;
import org.peft4j.train.Checkpoints;
import org.peft4j.train.FineTunerBuilder;
import org.peft4j.train.metrics.CsvFile;
import org.peft4j.train.metrics.TensorBoardFile;
import org.peft4j.train.metrics.TrainingListener;
import org.peft4j.train.metrics.WatchedMetric;
import org.peft4j.train.stop.EarlyStopping;
import org.peft4j.train.stop.TimeBudget;
import org.peft4j.train.stop.TokenBudget;
import picocli.CommandLine.Option;

/** How a run of {@code peft train} is kept, and how it goes on. */
final class RunOptions {
  @Option(
      names = "--save-every",
      paramLabel = "N",
      description =
          "Steps between checkpoints, in folders checkpoint-N of --output; 0: one when the training is"
              + " stopped (default: 0).")
  long saveEvery;

  @Option(
      names = "--keep",
      paramLabel = "K",
      description = "Checkpoints that are kept, the last ones (default: 2).")
  int keep = 2;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description =
          "Go on from a checkpoint, or from the last one in a folder, with the options that the"
              + " training began with. The result is that of a training which was never stopped.")
  Optional<Path> resume = Optional.empty();

  @Option(
      names = "--keep-best",
      paramLabel = "METRIC[:lower|:higher]",
      description =
          "Keep the checkpoint of the best evaluation, too, and save its adapter at the end: by loss,"
              + " perplexity or another number of the evaluations. Needs --eval-every.")
  Optional<String> keepBest = Optional.empty();

  @Option(
      names = "--patience",
      paramLabel = "N",
      description =
          "End when N evaluations in a row have not become better, by the metric of --keep-best or"
              + " the loss. Needs --eval-every.")
  Optional<Integer> patience = Optional.empty();

  @Option(
      names = "--min-change",
      paramLabel = "X",
      description = "By how much an evaluation must become better for --patience (default: 0).")
  Optional<Double> minChange = Optional.empty();

  @Option(
      names = "--max-time",
      paramLabel = "TIME",
      converter = TimeText.class,
      description = "End after the step in which the training has taken that long: 90s, 1h30m, 2d.")
  Optional<Duration> maxTime = Optional.empty();

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description =
          "End after the step in which the training has seen that many tokens; of a model of"
              + " pictures, pictures.")
  Optional<Long> maxTokens = Optional.empty();

  @Option(
      names = "--dry-run",
      description =
          "Make a step or two, tell what time and memory the whole would take, and write nothing.")
  boolean dryRun;

  @Option(
      names = "--find-learning-rate",
      description =
          "Try learning rates from 1e-7 to 1 in a hundred steps, print their losses and a suggestion,"
              + " and write nothing.")
  boolean findLearningRate;

  @Option(names = "--csv", description = "Write the metrics to metrics.csv, too.")
  boolean csv;

  @Option(
      names = "--tensorboard",
      description = "Write event files for TensorBoard to the folder tensorboard of --output.")
  boolean tensorBoard;

  @Option(
      names = "--report",
      description = "Write report.html with the curves of the training at its end.")
  boolean report;

  @Option(
      names = "--sample",
      paramLabel = "PROMPT",
      description =
          "Continue this prompt before and after the training, greedily, for samples.json and the"
              + " report. Repeatable; for language models.")
  List<String> samples = new ArrayList<>();

  /** Whether nothing is written. */
  boolean tries() {
    return dryRun || findLearningRate;
  }

  /** A contradiction between the options, if there is one. */
  Optional<String> contradiction(boolean evaluates, boolean onTheWay) {
    if (dryRun && findLearningRate) {
      return Optional.of("--dry-run and --find-learning-rate are two things; give one of them");
    }
    if (minChange.isPresent() && patience.isEmpty()) {
      return Optional.of("--min-change is for --patience; give both");
    }
    if (keepBest.isPresent() || patience.isPresent()) {
      String option = keepBest.isPresent() ? "--keep-best" : "--patience";
      if (!evaluates) {
        return Optional.of(option + " goes by evaluations; give --eval or --eval-split");
      }
      if (!onTheWay) {
        return Optional.of(option + " goes by evaluations on the way; give --eval-every");
      }
    }
    return Optional.empty();
  }

  /** What writes metrics beside {@code metrics.jsonl}. */
  List<TrainingListener> listeners(Path output) {
    List<TrainingListener> listeners = new ArrayList<>();
    if (csv) {
      listeners.add(new CsvFile(output.resolve("metrics.csv")));
    }
    if (tensorBoard) {
      listeners.add(new TensorBoardFile(output.resolve("tensorboard")));
    }
    return listeners;
  }

  /** What the options say of the end, and of what is kept. */
  void addTo(FineTunerBuilder<?> builder, Path output) {
    WatchedMetric metric = keepBest.map(WatchedMetric::parse).orElse(WatchedMetric.loss());
    maxTime.map(TimeBudget::new).ifPresent(builder::stopWhen);
    OptionNames names =
        new OptionNames(Map.of("The patience", "--patience", "The least change", "--min-change"));
    names.in(
        () -> {
          maxTokens.map(TokenBudget::new).ifPresent(builder::stopWhen);
          return patience
              .map(count -> new EarlyStopping(metric, count, minChange.orElse(0.0)))
              .map(builder::stopWhen);
        });
    if (!tries()) {
      builder.checkpoints(output, saveEvery, keep);
      keepBest.ifPresent(given -> builder.keepBest(metric));
    }
  }

  private static void require(String option, long value, long least) {
    if (value < least) {
      throw new PeftException(option + " is " + value + "; allowed: " + least + " and above.");
    }
  }

  /**
   * The checkpoint to go on from; empty for a new training.
   *
   * @param output the folder of the run
   * @throws PeftException if there is none, or the folder has those of an earlier training that
   *     this one does not go on with, or a number is not allowed
   */
  Optional<Path> checkpoint(Path output) {
    require("--save-every", saveEvery, 0);
    require("--keep", keep, 1);
    maxTokens.ifPresent(tokens -> require("--max-tokens", tokens, 1));
    patience.ifPresent(count -> require("--patience", count, 1));
    keepBest.ifPresent(WatchedMetric::parse);
    if (resume.isEmpty()) {
      Checkpoints.latest(output)
          .ifPresent(
              latest -> {
                throw new PeftException(
                    latest
                        + " is of an earlier training. Go on from it with --resume "
                        + output
                        + ", delete it, or choose another --output.");
              });
      return Optional.empty();
    }
    Path folder = resume.get();
    return Optional.of(
        Checkpoints.latest(folder)
            .orElseGet(
                () -> {
                  if (Checkpoints.is(folder)) {
                    return folder;
                  }
                  throw new PeftException(
                      "There is no checkpoint in "
                          + folder
                          + ", nor is it one; give the --output of a training that was stopped, or"
                          + " one of its folders checkpoint-N.");
                }));
  }
}
