package org.peft4j.cli.train;

import java.util.List;
import java.util.Optional;
import org.peft4j.cli.options.HeadChoice;
import org.peft4j.cli.options.NewAdapter;
import org.peft4j.cli.options.TaskArgument;
import org.peft4j.cli.options.TaskData;
import org.peft4j.cli.options.TaskReader;
import org.peft4j.cli.preference.PreferenceOptions;
import org.peft4j.cli.preference.PreferenceReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.method.Methods;
import org.peft4j.train.data.Batch;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * What {@code peft train} is to train, known before the model is loaded.
 *
 * @param head the model's, with its labels
 * @param config of a new adapter; empty to continue with a saved one
 * @param recommended the numbers that are not given; empty without {@code --recommend}
 */
record Preparation(
    TaskHead head, Optional<PeftConfig> config, Optional<Recommendation> recommended) {
  static Preparation of(TrainCommand command) {
    Optional<Task> asked = command.task.task();
    asked.ifPresent(task -> PreferenceReader.requireTask(command.preferences, task));
    if (command.adapter.adapter.isPresent()) {
      TaskHead head =
          HeadChoice.ofAdapter(command.adapter.adapter.get(), command.model, asked, command.data);
      return new Preparation(head, Optional.empty(), recommended(command, head));
    }
    if (command.adapter.config.isEmpty()) {
      TaskHead head = head(command, asked, set(command), "--set task_type");
      Optional<Recommendation> recommended = recommended(command, head);
      return new Preparation(
          head, Optional.of(config(command, Optional.of(head.task()))), recommended);
    }
    PeftConfig file = config(command, Optional.empty());
    Optional<Task> told = file.common().taskType().map(AdapterTask::named);
    TaskHead head = head(command, asked, told, "the config's task_type");
    return new Preparation(head, Optional.of(file), recommended(command, head));
  }

  /** Sets the options of a new adapter that are not given. */
  private static Optional<Recommendation> recommended(TrainCommand command, TaskHead head) {
    if (!command.training.recommend) {
      return Optional.empty();
    }
    Recommendation recommendation = new Recommendation(command, head.task());
    recommendation.adapter();
    return Optional.of(recommendation);
  }

  /** The task that {@code --set task_type=SEQ_CLS} says. */
  private static Optional<Task> set(TrainCommand command) {
    return Optional.ofNullable(command.adapter.fields.get("task_type"))
        .map(value -> value.replace("\"", "").strip())
        .filter(value -> !value.equals("null"))
        .map(AdapterTask::named);
  }

  /**
   * The head for what was asked, or else told.
   *
   * @param where the latter stands
   */
  private static TaskHead head(
      TrainCommand command, Optional<Task> asked, Optional<Task> told, String where) {
    if (asked.isPresent() && told.isPresent() && !asked.equals(told)) {
      throw new PeftException(
          "--task is %s, and %s is %s; leave one of them out."
              .formatted(TaskArgument.typed(asked.get()), where, told.get()));
    }
    if (command.preferences.isReward()) {
      told.ifPresent(task -> PreferenceReader.requireTask(command.preferences, task));
      return HeadChoice.ofRewards(command.model, command.data);
    }
    return HeadChoice.of(command.model, asked.or(() -> told), command.data);
  }

  /** The config of a new adapter, for that task, or as a file has it. */
  private static PeftConfig config(TrainCommand command, Optional<Task> task) {
    return NewAdapter.config(command.adapter, command.model, task, command.training.steps)
        .encoded(text -> tokens(command, text));
  }

  private static int[] tokens(TrainCommand command, String text) {
    try (Tokenizer tokenizer = Tokenizer.load(command.model)) {
      return tokenizer.encode(text, true);
    }
  }

  private static PeftConfig saved(TrainCommand command) {
    return AdapterFiles.readConfig(command.adapter.adapter.orElseThrow());
  }

  /** The data of the training. */
  TaskData<? extends Batch> read(TrainCommand command) {
    TrainingOptions options = command.training;
    if (command.preferences.isUsed()) {
      return answers(command);
    }
    PeftConfig adapter = config.orElseGet(() -> saved(command));
    TaskReader reader =
        new TaskReader(command.model, head, command.data, command.vectors).behind(List.of(adapter));
    if (options.packing) {
      requireNoVirtualTokens("--packing", adapter);
      reader.pack();
    }
    if (options.paddingFree) {
      requireNoVirtualTokens("--padding-free", adapter);
      reader.joinBatches();
    }
    if (options.evalSplit.isPresent()) {
      return reader.split(options.evalSplit.get());
    }
    return options.eval.isPresent() ? reader.and(options.eval.get()) : reader.all();
  }

  /** A prompt stands before a row once; what a prefix adds to attentions, all documents see. */
  private static void requireNoVirtualTokens(String option, PeftConfig adapter) {
    int count = adapter.peftType().equals("PREFIX_TUNING") ? 0 : Methods.virtualTokens(adapter);
    if (count > 0) {
      throw new PeftException(
          "%s puts several examples in one row, and the %,d virtual tokens of %s precede each row once. Leave it out."
              .formatted(option, count, adapter.peftType()));
    }
  }

  private TaskData<? extends Batch> answers(TrainCommand command) {
    TrainingOptions options = command.training;
    PreferenceOptions preferences = command.preferences;
    preferences.refuse("--packing", options.packing, "Leave it out.");
    preferences.refuse("--padding-free", options.paddingFree, "Leave it out.");
    preferences.refuse(
        "--label-smoothing",
        options.labelSmoothing > 0,
        "It smooths tokens; --flip-rate says how many pairs may be the wrong way round.");
    PreferenceReader reader = new PreferenceReader(command.model, head, command.data, preferences);
    if (options.evalSplit.isPresent()) {
      return reader.split(options.evalSplit.get());
    }
    return options.eval.isPresent() ? reader.and(options.eval.get()) : reader.all();
  }
}
