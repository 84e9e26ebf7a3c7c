package org.peft4j.cli.preference;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.peft4j.cli.options.DataOptions;
import org.peft4j.cli.options.HeadChoice;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.cli.options.TaskData;
import org.peft4j.cli.options.TaskReader;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.Fraction;
import org.peft4j.train.data.chat.SupervisedOptions;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.objective.Objective;
import org.peft4j.train.preference.PreferenceBatch;
import org.peft4j.train.preference.PreferenceData;
import org.peft4j.train.preference.PreferenceObjective;
import org.peft4j.train.preference.PreferenceRows;
import org.peft4j.train.preference.RatedBatch;
import org.peft4j.train.preference.RatedData;
import org.peft4j.train.preference.RatedObjective;
import org.peft4j.train.preference.RewardObjective;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.tokenizer.Tokenizer;

/** Reads answers to prompts for an objective of preferences. */
public final class PreferenceReader {
  private static final int LENGTH = 512;

  private final Path model;
  private final DataOptions data;
  private final PreferenceOptions options;

  /**
   * A reader.
   *
   * @throws PeftException if the head is not of the objective's kind, or an option contradicts it
   */
  public PreferenceReader(Path model, TaskHead head, DataOptions data, PreferenceOptions options) {
    this.model = model;
    this.data = data;
    this.options = options;
    requireTask(options, head.task());
    if (options.isReward() && head.requireLabels().size() != 1) {
      throw new PeftException(
          "--objective reward is for a head with one output; this one has %d labels."
              .formatted(head.requireLabels().size()));
    }
    options.refuse("--stride", data.stride.isPresent(), "Leave it out.");
    SupervisedOptions supervised = data.supervised.options();
    options.refuse(
        "--train-on", supervised.trainOn().isPresent(), "Answers are learned, prompts are not.");
    options.refuse(
        "--truncation-side left", supervised.keepEnd(), "Answers lose their end, as in TRL.");
    if (options.goal() == Goal.KTO && data.batchSize == 1) {
      throw new PeftException(
          "--batch-size is 1, and kto compares each prompt with another one's answer; give 2 or"
              + " more.");
    }
    // Refuses impossible losses before the data is read.
    LossChoice.OPTIONS.in(() -> options.goal() == Goal.KTO ? ofRated() : ofPairs());
  }

  /**
   * Checks the task before data and model are read.
   *
   * @throws PeftException if the objective is for another one
   */
  public static void requireTask(PreferenceOptions options, Task task) {
    Task needed = options.isReward() ? Task.SEQ_CLS : Task.CAUSAL_LM;
    if (options.isUsed() && task != needed) {
      throw new PeftException(
          "--objective %s is for the task %s; this is %s."
              .formatted(
                  options.goal().typed(), TaskArgument.typed(needed), TaskArgument.typed(task)));
    }
  }

  private RatedObjective ofRated() {
    return new RatedObjective(new LossChoice(options).ofRated());
  }

  private Objective<PreferenceBatch> ofPairs() {
    return options.isReward()
        ? new RewardObjective(options.centering.orElse(0.0))
        : new PreferenceObjective(new LossChoice(options).ofPairs());
  }

  /** The whole file. */
  public TaskData<?> all() {
    return options.goal() == Goal.KTO
        ? rated(rated(data.data), Optional.empty())
        : pairs(pairs(data.data), Optional.empty());
  }

  /** The whole file, and another for evaluation. */
  public TaskData<?> and(Path evaluation) {
    return options.goal() == Goal.KTO
        ? rated(rated(data.data), Optional.of(rated(evaluation)))
        : pairs(pairs(data.data), Optional.of(pairs(evaluation)));
  }

  /**
   * The file in two parts.
   *
   * @param share the evaluation's share, between 0 and 1
   */
  public TaskData<?> split(double share) {
    TaskReader.requireShare(share);
    if (options.goal() == Goal.KTO) {
      return read(data.data, (rows, table) -> split(rows, table.rows(), share));
    }
    PreferenceData all = pairs(data.data);
    return pairs(all.first(1 - share), Optional.of(all.after(1 - share)));
  }

  /** By rows, so that pairs that are taken apart stay in one part. */
  private TaskData<RatedBatch> split(PreferenceRows reader, List<Row> rows, double share) {
    int from = Fraction.cutBefore(1 - share, rows.size(), "rows");
    return rated(
        reader.rated(rows.subList(0, from)),
        Optional.of(reader.rated(rows.subList(from, rows.size()))));
  }

  private PreferenceData pairs(Path file) {
    return read(file, PreferenceRows::pairs);
  }

  private RatedData rated(Path file) {
    return read(file, PreferenceRows::rated);
  }

  private <D> D read(Path file, BiFunction<PreferenceRows, Table, D> kind) {
    if (!Table.has(file)) {
      throw new PeftException(
          "%s: --objective %s learns from rows: use one of %s."
              .formatted(file, options.goal().typed(), String.join(", ", Table.ENDS)));
    }
    return TaskReader.OPTIONS.in(
        () -> {
          try (Tokenizer tokenizer = Tokenizer.load(model)) {
            PreferenceRows rows =
                PreferenceRows.of(
                    model,
                    tokenizer,
                    data.supervised.options().chatTemplate(),
                    data.sequenceLength.orElse(LENGTH));
            return kind.apply(
                options.isReward() ? rows.forRewards() : rows,
                Table.of(file, HeadChoice.columns(data)));
          }
        });
  }

  private TaskData<PreferenceBatch> pairs(PreferenceData all, Optional<PreferenceData> held) {
    return new TaskData<>(ofPairs(), all, held.map(part -> part), Optional.of(all.answers()));
  }

  private TaskData<RatedBatch> rated(RatedData all, Optional<RatedData> held) {
    return new TaskData<>(ofRated(), all, held.map(part -> part), Optional.of(all.answers()));
  }
}
