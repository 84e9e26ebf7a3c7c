package org.peft4j.train.data.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.train.data.table.Row;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.AdapterTask;

/**
 * The labels in the rows of a file, and the head that a model needs for them. The rules are those
 * of Hugging Face transformers' {@code run_glue}, {@code run_classification} and {@code run_ner}:
 * labels in the order of their names, or of their numbers if all are whole numbers; lists are
 * several labels at once; numbers with fractions are a regression.
 */
public final class RowLabels {
  private static final Pattern WHOLE = Pattern.compile("\\s*[-+]?\\d{1,9}\\s*");

  /** Names as Python sorts them. */
  private static final Comparator<String> BY_NAME =
      Comparator.comparing(name -> name.codePoints().toArray(), Arrays::compare);

  private final Set<String> names = new LinkedHashSet<>();
  private boolean lists;
  private boolean fractions;
  private boolean numbers = true;
  private int longest;

  private RowLabels() {}

  /**
   * The head for a task with labels: that of the model if it has one for the task, whose labels
   * have names of their own or numbers that fit; else a new one for the labels of the rows.
   *
   * @param task {@code SEQ_CLS}, {@code TOKEN_CLS} or {@code IMAGE_CLASSIFICATION}
   * @param model the checkpoint's own architecture
   * @param asked labels to take instead
   * @param problem what labels of sequences are to be instead
   * @throws PeftException if the task has no labels, or the rows have fewer than it needs
   */
  public static TaskHead head(
      Table rows,
      Task task,
      ModelArchitecture model,
      Optional<Labels> asked,
      Optional<ProblemType> problem) {
    if (!task.labelsInputs() && task != Task.TOKEN_CLS) {
      throw new PeftException("The task " + task + " has no labels; leave them out.");
    }
    Optional<TaskHead> stored =
        Optional.of(AdapterTask.head(model)).filter(head -> head.task() == task);
    if (asked.isEmpty() && problem.isEmpty() && stored.filter(RowLabels::isTold).isPresent()) {
      return stored.get();
    }
    RowLabels found = new RowLabels();
    rows.forEach(task == Task.TOKEN_CLS ? found::tags : found::input);
    if (task == Task.TOKEN_CLS) {
      return TaskHead.tokens(found.labels(rows, asked, stored));
    }
    ProblemType type =
        problem
            .or(() -> asked.isPresent() ? stored.map(TaskHead::problem) : Optional.empty())
            .orElseGet(found::problem);
    if (type == ProblemType.REGRESSION) {
      return new TaskHead(
          task, Optional.of(asked.orElseGet(() -> Labels.count(found.longest))), type);
    }
    return new TaskHead(task, Optional.of(found.labels(rows, asked, stored)), type);
  }

  /** Whether a model's config says what its labels are: names other than {@code LABEL_0}. */
  private static boolean isTold(TaskHead head) {
    Labels labels = head.requireLabels();
    return !labels.equals(Labels.count(labels.size()))
        || head.problem() == ProblemType.REGRESSION
        || head.problem() == ProblemType.MULTI_LABEL_CLASSIFICATION;
  }

  private void input(Row row) {
    List<String> labels = row.labels("label");
    lists |= row.isList("label");
    fractions |= row.isFraction("label");
    numbers &= row.isNumber("label");
    longest = Math.max(longest, labels.size());
    names.addAll(labels);
  }

  private void tags(Row row) {
    names.addAll(TaggedRows.tags(row));
  }

  private ProblemType problem() {
    if (numbers && fractions) {
      return ProblemType.REGRESSION;
    }
    return lists ? ProblemType.MULTI_LABEL_CLASSIFICATION : ProblemType.SINGLE_LABEL_CLASSIFICATION;
  }

  private Labels labels(Table rows, Optional<Labels> asked, Optional<TaskHead> stored) {
    if (asked.isPresent()) {
      return asked.get();
    }
    Optional<Labels> own =
        stored.map(TaskHead::requireLabels).filter(labels -> areNumbersBelow(labels.size()));
    if (own.isPresent()) {
      return own.get();
    }
    if (names.size() < 2) {
      throw new PeftException(
          "%s: every row has the label %s; there must be two or more. Name all of them in the order of their numbers, if the file lacks some."
              .formatted(rows.file(), Quoted.quoted(String.join(", ", names))));
    }
    return new Labels(sorted(names));
  }

  private boolean areNumbersBelow(int count) {
    return names.stream()
        .allMatch(
            name -> {
              boolean whole = WHOLE.matcher(name).matches();
              int number = whole ? Integer.parseInt(name.strip()) : -1;
              return number >= 0 && number < count;
            });
  }

  private static List<String> sorted(Collection<String> names) {
    boolean whole = names.stream().allMatch(name -> WHOLE.matcher(name).matches());
    List<String> sorted = new ArrayList<>(names);
    sorted.sort(whole ? Comparator.comparingInt(name -> Integer.parseInt(name.strip())) : BY_NAME);
    return sorted;
  }
}
