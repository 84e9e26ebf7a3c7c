package org.peft4j.train.data.task;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.internal.Quoted;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.EncodedToken;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TokenPlace;

/**
 * Rows of a model that answers questions: {@code question}, {@code context} and {@code answers}, a
 * list of objects with {@code text} and {@code answer_start}, or one object with lists of both. The
 * first answer is learned. {@code answer_start} counts Unicode code points, as Python does.
 *
 * <p>A long context comes in windows. Where a window has not the whole answer, or there is none,
 * the answer is at the first token that the tokenizer adds, {@code [CLS]}, as in Hugging Face
 * transformers' {@code run_qa}. An answer that is the last token of a window begins there; {@code
 * run_qa} lets it begin at the last position of the padded sequence.
 */
final class QuestionRows implements RowEncoder {
  static final String ANSWERS = "answers";
  private static final String START = "answer_start";

  private final InputTokens tokens;

  QuestionRows(InputTokens tokens) {
    this.tokens = tokens;
  }

  /** An answer's first character in the context, and the one behind its last. */
  private record Answer(int begin, int end) {}

  @Override
  public List<TokenSequence> encode(Row row) {
    // As run_qa does: a space in front takes a token and says nothing.
    String question = row.text("question").stripLeading();
    String context = row.text("context");
    Optional<Answer> answer = answer(row, context);
    List<TokenSequence> windows = new ArrayList<>();
    for (EncodedText window : tokens.of(row, () -> TextInput.pair(question, context))) {
      int[] ends = answer.flatMap(a -> ends(window, a)).orElseGet(() -> none(window));
      int[] mask = InputTokens.ones(window.length());
      windows.add(
          tokens.typed(TokenSequence.answered(window.ids(), ends[0], ends[1], mask), window));
    }
    return windows;
  }

  private static Optional<Answer> answer(Row row, String context) {
    List<Row> answers = row.objects(ANSWERS);
    if (answers.isEmpty()) {
      return Optional.empty();
    }
    Row first = answers.get(0);
    String text;
    double start;
    if (first.isList("text")) {
      List<String> texts = first.texts("text");
      List<Double> starts = first.numbers(START);
      if (texts.size() != starts.size()) {
        throw row.problem(
            ANSWERS,
            "has %d texts and %d starts; each answer has both."
                .formatted(texts.size(), starts.size()));
      }
      if (texts.isEmpty()) {
        return Optional.empty();
      }
      text = texts.get(0);
      start = starts.get(0);
    } else {
      text = first.text("text");
      start = first.number(START);
    }
    return Optional.of(place(row, context, text, start));
  }

  private static Answer place(Row row, String context, String text, double start) {
    int length = context.codePointCount(0, context.length());
    if (start != Math.rint(start) || start < 0 || start > length) {
      throw row.problem(
          ANSWERS,
          "has the %s %s; allowed: 0 to %d, the characters of the context."
              .formatted(START, start, length));
    }
    int begin = context.offsetByCodePoints(0, (int) start);
    if (text.isEmpty() || !context.startsWith(text, begin)) {
      String there = context.substring(begin, Math.min(context.length(), begin + text.length()));
      throw row.problem(
          ANSWERS,
          "has the answer %s at %d, and the context has %s there."
              .formatted(Quoted.quoted(text), (int) start, Quoted.quoted(there)));
    }
    return new Answer(begin, begin + text.length());
  }

  /**
   * The last token that begins at the answer or before, and the first that ends at its end or
   * behind; empty if the window has not all of the answer.
   */
  private static Optional<int[]> ends(EncodedText window, Answer answer) {
    int start = -1;
    int end = -1;
    for (int i = 0; i < window.length(); i++) {
      Optional<TokenPlace> place = window.tokens().get(i).place().filter(p -> p.text() == 1);
      if (place.isPresent() && place.get().begin() <= answer.begin()) {
        start = i;
      }
      if (place.isPresent() && end < 0 && place.get().end() >= answer.end()) {
        end = i;
      }
    }
    return start < 0 || end < 0 ? Optional.empty() : Optional.of(new int[] {start, end});
  }

  private static int[] none(EncodedText window) {
    List<EncodedToken> tokens = window.tokens();
    for (int i = 0; i < tokens.size(); i++) {
      if (tokens.get(i).special()) {
        return new int[] {i, i};
      }
    }
    return new int[] {0, 0};
  }
}
