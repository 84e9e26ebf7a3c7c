package org.peft4j.train.data.table;

import java.util.Optional;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.TextLanguages;

/**
 * The languages of the source and of the target of a row: those in its fields {@code source_lang}
 * and {@code target_lang}, or else of all rows, or else of the tokenizer ({@code src_lang}, {@code
 * tgt_lang}).
 *
 * @param languages the tokenizer's
 * @param all of rows that say none
 */
public record RowLanguages(TextLanguages languages, LanguagePair all) {
  private static final String SOURCE = "source_lang";
  private static final String TARGET = "target_lang";

  /**
   * The languages of a row, both with a token.
   *
   * @throws PeftException if it has no target language, or one is not among the tokenizer's: with
   *     file, line and column
   */
  public LanguagePair of(Row row) {
    String source = own(row, SOURCE).or(all::source).orElse(languages.source());
    String target =
        own(row, TARGET)
            .or(all::target)
            .or(languages::target)
            .orElseThrow(
                () ->
                    row.problem(
                        "has no \"target_lang\", the language of the target, which the model writes"
                            + " before it. Give the column, one for all rows (--target-lang), or"
                            + " tgt_lang in tokenizer_config.json: "
                            + String.join(", ", languages.ids().keySet())
                            + "."));
    require(row, SOURCE, source);
    require(row, TARGET, target);
    return new LanguagePair(Optional.of(source), Optional.of(target));
  }

  private static Optional<String> own(Row row, String field) {
    return row.has(field) ? Optional.of(row.text(field).strip()) : Optional.empty();
  }

  private void require(Row row, String field, String language) {
    try {
      languages.id(language);
    } catch (PeftException e) {
      throw row.has(field) ? row.problem(field, "is no language: " + e.getMessage()) : e;
    }
  }
}
