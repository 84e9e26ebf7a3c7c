package org.peft4j.train.data.task;

import java.util.List;
import org.peft4j.internal.Quoted;
import org.peft4j.train.data.picture.LabelValue;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;

/** The field {@code label} of a row, as a head of labels learns it. */
final class LabelValues {
  private static final String LABEL = "label";

  private final ProblemType problem;
  private final LabelNumbers numbers;

  LabelValues(TaskHead head) {
    this.problem = head.problem();
    this.numbers = new LabelNumbers(head.requireLabels());
  }

  /**
   * A class is a name or a number; several labels at once are a list of these, or of a share for
   * each label; a regression's label is a number, or a list with one for each output.
   *
   * @throws org.peft4j.error.PeftException if it is something else
   */
  LabelValue of(Row row) {
    return switch (problem) {
      case SINGLE_LABEL_CLASSIFICATION -> LabelValue.of(number(row));
      case MULTI_LABEL_CLASSIFICATION -> LabelValue.of(shares(row));
      case REGRESSION -> LabelValue.of(values(row));
    };
  }

  private int number(Row row) {
    List<String> labels = row.labels(LABEL);
    if (labels.size() != 1) {
      throw row.problem(
          LABEL,
          "is a list of "
              + labels.size()
              + " labels; the model gives each input one. For several at once it needs the"
              + " problem_type multi_label_classification.");
    }
    return numbers.of(row, LABEL, labels.get(0));
  }

  private float[] shares(Row row) {
    if (row.isFraction(LABEL)) {
      float[] shares = values(row);
      for (float share : shares) {
        if (!(share >= 0 && share <= 1)) {
          throw row.problem(LABEL, "holds " + share + "; allowed: 0 to 1 for each label.");
        }
      }
      return shares;
    }
    float[] shares = new float[numbers.count()];
    row.labels(LABEL).forEach(label -> shares[numbers.of(row, LABEL, label)] = 1);
    return shares;
  }

  private float[] values(Row row) {
    List<Double> values = row.numbers(LABEL);
    if (values.size() != numbers.count()) {
      throw row.problem(
          LABEL,
          "has %d numbers; the model has %d output%s."
              .formatted(values.size(), numbers.count(), numbers.count() == 1 ? "" : "s"));
    }
    float[] result = new float[values.size()];
    for (int i = 0; i < result.length; i++) {
      result[i] = values.get(i).floatValue();
      if (!Float.isFinite(result[i])) {
        throw row.problem(
            LABEL, "holds " + Quoted.quoted(values.get(i).toString()) + ", too large a number.");
      }
    }
    return result;
  }
}
