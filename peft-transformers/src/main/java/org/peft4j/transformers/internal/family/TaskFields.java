package org.peft4j.transformers.internal.family;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/**
 * The task in a {@code config.json}, by the name in {@code architectures}, and its labels: the
 * names in {@code id2label}, or {@code num_labels} of them, or the family's number.
 */
public final class TaskFields {
  /** Each label has a name in memory. */
  private static final int MAX_LABELS = 1_000_000;

  private TaskFields() {}

  /**
   * Reads the task.
   *
   * @param tasks those of the family; the first is that of a class without a head of labels
   * @param count the family's number of labels
   */
  public static TaskHead read(ConfigFields fields, List<Task> tasks, int count) {
    Task task =
        fields.texts("architectures").stream()
            .flatMap(name -> Task.withHead(name).stream())
            .findFirst()
            .orElse(tasks.get(0));
    if (!tasks.contains(task)) {
      fields.check(false, "architectures", "classes of this family for the tasks " + tasks);
      return TaskHead.of(tasks.get(0));
    }
    if (task.labelsInputs()) {
      Labels labels = labels(fields, 1, count);
      return new TaskHead(task, Optional.of(labels), problem(fields, labels));
    }
    return task == Task.TOKEN_CLS ? TaskHead.tokens(labels(fields, 2, count)) : TaskHead.of(task);
  }

  private static Labels labels(ConfigFields fields, int least, int absent) {
    List<String> names = fields.numbered("id2label");
    int count = fields.count("num_labels", names.isEmpty() ? absent : names.size());
    fields.check(
        names.isEmpty() || names.size() == count,
        "num_labels",
        "the number of labels in id2label, " + names.size());
    boolean inside = count >= least && count <= MAX_LABELS;
    fields.check(inside, "num_labels", least + " to " + MAX_LABELS);
    boolean distinct = names.stream().distinct().count() == names.size();
    fields.check(distinct, "id2label", "a different name for each label");
    if (!inside || !distinct) {
      return Labels.count(2);
    }
    return names.isEmpty() ? Labels.count(count) : new Labels(names);
  }

  private static ProblemType problem(ConfigFields fields, Labels labels) {
    String key = fields.text("problem_type", ProblemType.of(labels).key());
    List<String> known = List.of(ProblemType.values()).stream().map(ProblemType::key).toList();
    fields.check(known.contains(key), "problem_type", String.join(", ", known));
    Optional<ProblemType> problem =
        known.contains(key)
            ? Optional.of(ProblemType.valueOf(key.toUpperCase(Locale.ROOT)))
            : Optional.empty();
    boolean single = problem.equals(Optional.of(ProblemType.SINGLE_LABEL_CLASSIFICATION));
    fields.check(
        !single || labels.size() > 1, "problem_type", "regression, where there is one label");
    return single && labels.size() == 1
        ? ProblemType.REGRESSION
        : problem.orElse(ProblemType.of(labels));
  }
}
