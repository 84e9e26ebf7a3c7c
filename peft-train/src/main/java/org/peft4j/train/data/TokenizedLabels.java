package org.peft4j.train.data;

import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;

/** The head that the labels of a file of tokens need: as many labels as the numbers tell. */
final class TokenizedLabels {
  private static final String LABELS = TokenizedTargets.LABELS;

  /** More classes than this are a mistake. */
  private static final int MOST = 99_999;

  private final TokenizedRows rows;
  private final int width;

  private TokenizedLabels(TokenizedRows rows) {
    this.rows = rows;
    if (!rows.has(LABELS)) {
      throw rows.problem("there is no " + LABELS + ", which tell how many there are.");
    }
    List<Long> shape = rows.shape(LABELS);
    boolean fits =
        !shape.isEmpty()
            && shape.size() <= 2
            && shape.get(0) == rows.count()
            && (shape.size() == 1 || shape.get(1) > 0);
    if (!fits) {
      throw rows.problem(
          "%s has the shape %s; needed: [%3$d] or [%3$d, N]."
              .formatted(LABELS, shape, rows.count()));
    }
    width = shape.size() == 1 ? 1 : Math.toIntExact(shape.get(1));
  }

  static TaskHead head(TokenizedRows rows, Task task, Optional<ProblemType> problem) {
    TokenizedLabels labels = new TokenizedLabels(rows);
    if (task == Task.TOKEN_CLS) {
      return TaskHead.tokens(Labels.count(labels.classes()));
    }
    ProblemType type = problem.orElseGet(labels::problem);
    int count = type == ProblemType.SINGLE_LABEL_CLASSIFICATION ? labels.classes() : labels.width;
    return TaskHead.sequences(Labels.count(count), type);
  }

  /** Numbers are a regression, unless each row has several from 0 to 1. */
  private ProblemType problem() {
    if (width == 1) {
      return rows.isFloating(LABELS)
          ? ProblemType.REGRESSION
          : ProblemType.SINGLE_LABEL_CLASSIFICATION;
    }
    for (int row = 0; row < rows.count(); row++) {
      for (float number : rows.numbers(LABELS, row, width)) {
        if (!(number >= 0 && number <= 1)) {
          return ProblemType.REGRESSION;
        }
      }
    }
    return ProblemType.MULTI_LABEL_CLASSIFICATION;
  }

  private int classes() {
    int most = 1;
    for (int row = 0; row < rows.count(); row++) {
      for (int label : rows.values(LABELS, row, width, TokenSequence.IGNORED, MOST)) {
        most = Math.max(most, label);
      }
    }
    return most + 1;
  }
}
