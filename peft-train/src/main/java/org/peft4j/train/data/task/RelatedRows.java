package org.peft4j.train.data.task;

import org.peft4j.train.data.RelatedTexts;
import org.peft4j.train.data.TokenSequence;
import org.peft4j.train.data.table.Row;
import org.peft4j.transformers.tokenizer.EncodedText;
import org.peft4j.transformers.tokenizer.TextInput;

/**
 * Rows of an encoder: pairs {@code text} and {@code text_pair}, maybe with a {@code score} of how
 * much they belong together; or {@code anchor} and {@code positive}, maybe with a {@code negative}.
 */
final class RelatedRows {
  private final InputTokens tokens;

  RelatedRows(InputTokens tokens) {
    this.tokens = tokens;
  }

  RelatedTexts encode(Row row) {
    boolean anchored = row.has("anchor") || row.has("positive");
    if (anchored && (row.has("text") || row.has("text_pair"))) {
      throw row.problem(
          "has \"text\" or \"text_pair\" beside \"anchor\" or \"positive\"; give one or the other.");
    }
    String second = anchored ? "positive" : "text_pair";
    if (!row.has(second)) {
      throw row.problem(
          "has no \"%s\". An encoder for the task FEATURE_EXTRACTION learns from pairs: text and text_pair, or anchor and positive. Its fields: %s. For labels, name another task."
              .formatted(second, row.fieldsForMessages()));
    }
    TokenSequence first = tokens(row, anchored ? "anchor" : "text");
    if (row.has("score")) {
      if (row.has("negative")) {
        throw row.problem("has a \"score\" beside a \"negative\"; a score is of a pair.");
      }
      return RelatedTexts.scored(first, tokens(row, second), row.number("score"));
    }
    return anchored && row.has("negative")
        ? RelatedTexts.triplet(first, tokens(row, second), tokens(row, "negative"))
        : RelatedTexts.pair(first, tokens(row, second));
  }

  private TokenSequence tokens(Row row, String field) {
    String text = row.text(field);
    EncodedText encoded = tokens.of(row, () -> TextInput.of(text)).get(0);
    TokenSequence sequence = tokens.typed(TokenSequence.text(encoded.ids()), encoded);
    return row.task().map(sequence::ofTask).orElse(sequence);
  }
}
