package org.peft4j.cli.options;

import java.nio.file.Path;
import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenizedFile;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.train.data.task.RowLabels;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;
import org.peft4j.transformers.family.Families;

/**
 * The head of a command's model: the one that an adapter was trained with; else one for the task,
 * with the model's own labels, those that were typed, or those of the data.
 */
public final class HeadChoice {
  private final Path model;
  private final DataOptions data;
  private final Optional<Labels> labels;

  private HeadChoice(Path model, DataOptions data) {
    this.model = model;
    this.data = data;
    this.labels =
        data.labels.isEmpty()
            ? Optional.empty()
            : Optional.of(new Labels(data.labels.stream().map(String::strip).toList()));
  }

  /**
   * The head for a saved adapter.
   *
   * @param asked what {@code --task} says
   * @throws PeftException if options say otherwise than the adapter
   */
  public static TaskHead ofAdapter(
      Path adapter, Path model, Optional<Task> asked, DataOptions data) {
    TaskHead head = AdapterTask.of(adapter, model);
    if (asked.isPresent() && asked.get() != head.task()) {
      throw new PeftException(
          "--task is %s, and the adapter %s is for the task %s; leave --task out."
              .formatted(
                  TaskArgument.typed(asked.get()), adapter, TaskArgument.typed(head.task())));
    }
    if (!data.labels.isEmpty() || data.problem.isPresent()) {
      throw new PeftException(
          "--labels and --problem-type are for a new head; the adapter "
              + adapter
              + " brings its own. Leave them out.");
    }
    return head;
  }

  /**
   * The head for a task.
   *
   * @param task empty for the model's own
   * @throws PeftException if the model cannot be for that task, the task has no labels and some are
   *     given, or the data is broken
   */
  public static TaskHead of(Path model, Optional<Task> task, DataOptions data) {
    return new HeadChoice(model, data).of(task);
  }

  /**
   * The head of a reward model: the model's own if it is one, or a new one.
   *
   * @throws PeftException if labels are given
   */
  public static TaskHead ofRewards(Path model, DataOptions data) {
    if (!data.labels.isEmpty() || data.problem.isPresent()) {
      throw new PeftException(
          "--labels and --problem-type are for classes; --objective reward has one number. Leave"
              + " them out.");
    }
    ModelArchitecture own = Families.read(model);
    if (own.task() == Task.SEQ_CLS) {
      TaskHead head = AdapterTask.head(own);
      if (head.requireLabels().size() == 1) {
        return head;
      }
    }
    return TaskHead.sequences(Labels.count(1), ProblemType.REGRESSION);
  }

  private TaskHead of(Optional<Task> asked) {
    ModelArchitecture own = Families.read(model);
    Task task = asked.orElse(own.task());
    requireStacks(own, task);
    boolean classes = task.labelsInputs() || task == Task.TOKEN_CLS;
    if (!classes && labels.isPresent() || !task.labelsInputs() && data.problem.isPresent()) {
      throw new PeftException(
          "%s for the task %s; this is %s."
              .formatted(
                  labels.isPresent() ? "--labels are" : "--problem-type is",
                  classes
                      ? "seq-cls and image-classification"
                      : "seq-cls, token-cls and image-classification",
                  TaskArgument.typed(task)));
    }
    if (!classes) {
      return TaskHead.of(task);
    }
    return Table.has(data.data) || task.readsPictures()
        ? RowLabels.head(Table.of(data.data, columns(data)), task, own, labels, data.problem)
        : ofTokens(own, task);
  }

  private static void requireStacks(ModelArchitecture own, Task task) {
    if (task != own.task() && (withTexts(task) || withTexts(own.task()))) {
      throw new PeftException(
          "--task is %s, and the model is for the task %s; leave --task out."
              .formatted(TaskArgument.typed(task), TaskArgument.typed(own.task())));
    }
    if (withTexts(task)) {
      return;
    }
    if (task.readsPictures() == own.readsText()) {
      throw new PeftException(
          own.readsText()
              ? "--task is %s, and the model reads text; leave --task out."
                  .formatted(TaskArgument.typed(task))
              : "The task is %s, and the model reads pictures; give --task image-classification."
                  .formatted(TaskArgument.typed(task)));
    }
    boolean causal = task == Task.CAUSAL_LM && own.encoder().isPresent();
    if (causal || task == Task.SEQ_2_SEQ_LM && own.encoder().isEmpty()) {
      throw new PeftException(
          "--task is %s, and the model is %s; leave --task out."
              .formatted(
                  TaskArgument.typed(task),
                  causal ? "an encoder-decoder" : "of one stack, not an encoder-decoder"));
    }
  }

  /** Models that read texts as well as pictures are for one task. */
  private static boolean withTexts(Task task) {
    return task == Task.IMAGE_TEXT || task == Task.IMAGE_TO_TEXT;
  }

  /** A file of tokens has numbers for labels, and no names. */
  private TaskHead ofTokens(ModelArchitecture own, Task task) {
    boolean stored = own.task() == task;
    if (stored && labels.isEmpty() && data.problem.isEmpty()) {
      return AdapterTask.head(own);
    }
    TaskHead counted = TokenizedFile.head(data.data, task, data.problem);
    return labels.map(given -> named(given, counted)).orElse(counted);
  }

  private static TaskHead named(Labels labels, TaskHead counted) {
    return counted.task() == Task.TOKEN_CLS
        ? TaskHead.tokens(labels)
        : TaskHead.sequences(labels, counted.problem());
  }

  /** The columns of the data, as {@code --columns} has them. */
  public static Columns columns(DataOptions data) {
    return data.columns.map(Columns::parse).orElseGet(Columns::asTheyAre);
  }
}
