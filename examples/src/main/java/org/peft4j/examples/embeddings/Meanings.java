package org.peft4j.examples.embeddings;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.train.data.RelatedTexts;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Meanings, such as {@code name[Blue Spice], eatType[coffee shop], area[city centre]}, and a
 * sentence for each. The file has several sentences for a meaning; the first is taken, since of two
 * equal meanings in a batch each would count the other's sentence as wrong.
 */
record Meanings(List<TextPair> pairs) {
  /** Reads a file of the E2E NLG challenge: a CSV file with the columns mr and ref. */
  static Meanings read(Path file) {
    Map<String, String> sentences = new LinkedHashMap<>();
    Table.of(file, Columns.parse("text=mr,text_pair=ref"))
        .forEach(row -> sentences.putIfAbsent(row.text("text"), row.text("text_pair")));
    return new Meanings(
        sentences.entrySet().stream().map(e -> TextPair.of(e.getKey(), e.getValue())).toList());
  }

  /** The pairs as tokens, to train on. */
  VectorData tokens(Tokenizer tokenizer, int longest) {
    TextLimit limit = TextLimit.of(longest);
    List<RelatedTexts> related =
        pairs.stream()
            .map(
                pair ->
                    RelatedTexts.pair(
                        tokens(pair.first(), tokenizer, limit),
                        tokens(pair.second(), tokenizer, limit)))
            .toList();
    return VectorData.of(related, tokenizer.padding().orElse(0));
  }

  private static TokenSequence tokens(String text, Tokenizer tokenizer, TextLimit limit) {
    return TokenSequence.text(tokenizer.encode(TextInput.of(text), limit).get(0).ids());
  }
}
