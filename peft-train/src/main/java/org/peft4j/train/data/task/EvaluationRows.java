package org.peft4j.train.data.task;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.evaluation.AnsweredQuestion;
import org.peft4j.transformers.evaluation.LabelledText;
import org.peft4j.transformers.evaluation.LabelledWords;
import org.peft4j.transformers.evaluation.SourceTarget;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * The rows of a file as examples with what is right, which a model's {@code evaluate} takes. Fields
 * are those that training reads.
 *
 * @param rows all of a file, or some
 * @param head the model's, with its labels
 */
public record EvaluationRows(List<Row> rows, TaskHead head) {
  /** The share from which a label holds. */
  private static final double HOLDS = 0.5;

  private static final String LABEL = "label";

  /**
   * {@code text}, {@code text_pair} and {@code label}.
   *
   * @throws org.peft4j.error.PeftException if a row is broken, or has a label that the model has
   *     not
   */
  public List<LabelledText> texts() {
    LabelNumbers labels = new LabelNumbers(head.requireLabels());
    return all(
        row -> {
          TextInput input =
              row.has("text_pair")
                  ? TextInput.pair(row.text("text"), row.text("text_pair"))
                  : TextInput.of(row.text("text"));
          return head.problem() == ProblemType.REGRESSION
              ? new LabelledText(input, List.of(), row.numbers(LABEL))
              : new LabelledText(input, names(row, labels), List.of());
        });
  }

  /** The names of a row's labels; of shares, those from a half on. */
  private List<String> names(Row row, LabelNumbers labels) {
    if (head.problem() == ProblemType.MULTI_LABEL_CLASSIFICATION && row.isFraction(LABEL)) {
      List<Double> shares = row.numbers(LABEL);
      List<String> holding = new ArrayList<>();
      for (int i = 0; i < Math.min(shares.size(), labels.count()); i++) {
        if (shares.get(i) >= HOLDS) {
          holding.add(labels.name(i));
        }
      }
      return holding;
    }
    return row.labels(LABEL).stream().map(label -> labels.name(row, LABEL, label)).toList();
  }

  /**
   * {@code tokens} and {@code tags}.
   *
   * @throws org.peft4j.error.PeftException if a row is broken, or has a tag that the model has not
   */
  public List<LabelledWords> words() {
    LabelNumbers labels = new LabelNumbers(head.requireLabels());
    return all(
        row ->
            new LabelledWords(
                row.texts(TaggedRows.TOKENS),
                TaggedRows.tags(row).stream()
                    .map(tag -> labels.name(row, TaggedRows.TAGS, tag))
                    .toList()));
  }

  /**
   * {@code question}, {@code context} and the texts of {@code answers}.
   *
   * @throws org.peft4j.error.PeftException if a row is broken
   */
  public List<AnsweredQuestion> questions() {
    return all(
        row ->
            new AnsweredQuestion(
                row.text("question").stripLeading(), row.text("context"), answers(row)));
  }

  /**
   * {@code source} and {@code target}.
   *
   * @throws org.peft4j.error.PeftException if a row is broken
   */
  public List<SourceTarget> sources() {
    return all(row -> new SourceTarget(row.text("source"), row.text("target")));
  }

  /**
   * {@code text} and {@code text_pair}, or {@code anchor} and {@code positive}, with the {@code
   * score} if there is one.
   *
   * @throws org.peft4j.error.PeftException if a row is broken
   */
  public List<TextPair> pairs() {
    return all(
        row -> {
          boolean anchored = row.has("anchor");
          String first = row.text(anchored ? "anchor" : "text");
          String second = row.text(anchored ? "positive" : "text_pair");
          return row.has("score")
              ? TextPair.of(first, second, row.number("score"))
              : TextPair.of(first, second);
        });
  }

  private static List<String> answers(Row row) {
    List<String> texts = new ArrayList<>();
    for (Row answer : row.objects(QuestionRows.ANSWERS)) {
      texts.addAll(answer.isList("text") ? answer.texts("text") : List.of(answer.text("text")));
    }
    return texts;
  }

  private <T> List<T> all(Function<Row, T> example) {
    return rows.stream().map(example).toList();
  }
}
