package org.peft4j.train.data.task;

import java.util.List;
import org.peft4j.internal.Quoted;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Rows of a classifier of sequences: {@code text}, in pairs {@code text_pair}, and {@code label}. A
 * class is a name or a number; several labels at once are a list of these, or of a share for each
 * label; a regression's label is a number, or a list with one for each output.
 */
final class SequenceRows implements RowEncoder {
  private static final String LABEL = "label";

  private final InputTokens tokens;
  private final ProblemType problem;
  private final LabelNumbers numbers;

  SequenceRows(InputTokens tokens, TaskHead head) {
    this.tokens = tokens;
    this.problem = head.problem();
    this.numbers = new LabelNumbers(head.requireLabels());
  }

  @Override
  public List<TokenSequence> encode(Row row) {
    String text = row.text("text");
    EncodedText encoded =
        tokens
            .of(
                row,
                () ->
                    row.has("text_pair")
                        ? TextInput.pair(text, row.text("text_pair"))
                        : TextInput.of(text))
            .get(0);
    return List.of(tokens.typed(labelled(row, encoded.ids()), encoded));
  }

  private TokenSequence labelled(Row row, int[] ids) {
    int[] mask = InputTokens.ones(ids.length);
    return switch (problem) {
      case SINGLE_LABEL_CLASSIFICATION -> TokenSequence.classified(ids, number(row), mask);
      case MULTI_LABEL_CLASSIFICATION -> TokenSequence.numbered(ids, shares(row), mask);
      case REGRESSION -> TokenSequence.numbered(ids, values(row), mask);
    };
  }

  private int number(Row row) {
    List<String> labels = row.labels(LABEL);
    if (labels.size() != 1) {
      throw row.problem(
          LABEL,
          "is a list of "
              + labels.size()
              + " labels; the model gives each text one. For several at once it needs the"
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
