package org.peft4j.train.data.task;

import java.util.Arrays;
import java.util.List;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.EncodedToken;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Rows of a classifier of tokens: {@code tokens}, which are words, and {@code tags}, the label of
 * each. The first piece of a word has its label; its other pieces, and the tokens that the
 * tokenizer adds, have none, as in Hugging Face transformers' {@code run_ner}.
 */
final class TaggedRows implements RowEncoder {
  static final String TOKENS = "tokens";
  static final String TAGS = "tags";

  private final InputTokens tokens;
  private final LabelNumbers numbers;

  TaggedRows(InputTokens tokens, TaskHead head) {
    this.tokens = tokens;
    this.numbers = new LabelNumbers(head.requireLabels());
  }

  /** The tags of a row: names or numbers in a list, or in a table between spaces. */
  static List<String> tags(Row row) {
    return row.isList(TAGS) ? row.labels(TAGS) : row.texts(TAGS);
  }

  @Override
  public List<TokenSequence> encode(Row row) {
    List<String> words = row.texts(TOKENS);
    List<String> tags = tags(row);
    if (words.size() != tags.size()) {
      throw row.problem(
          TAGS,
          "has %d tags for %d words; each word has one.".formatted(tags.size(), words.size()));
    }
    EncodedText text = tokens.of(row, () -> TextInput.words(words)).get(0);
    int[] labels = new int[text.length()];
    Arrays.fill(labels, TokenSequence.IGNORED);
    int last = -1;
    for (int i = 0; i < labels.length; i++) {
      EncodedToken token = text.tokens().get(i);
      int word = token.place().map(place -> place.word()).orElse(last);
      if (word != last) {
        labels[i] = numbers.of(row, TAGS, tags.get(word));
        last = word;
      }
    }
    int[] mask = InputTokens.ones(labels.length);
    return List.of(tokens.typed(TokenSequence.tagged(text.ids(), labels, mask), text));
  }
}
