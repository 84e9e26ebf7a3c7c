package org.peft4j.cli.options;

import java.util.Optional;
import org.peft4j.train.data.table.LanguagePair;
import picocli.CommandLine.Option;

/** The languages of rows that say none, for models whose tokenizer has languages: mBART. */
public final class LanguageOptions {
  @Option(
      names = "--source-lang",
      paramLabel = "CODE",
      description =
          "Language of the source, such as de_DE, of rows without source_lang (default: src_lang of"
              + " the tokenizer, or en_XX).")
  Optional<String> source = Optional.empty();

  @Option(
      names = "--target-lang",
      paramLabel = "CODE",
      description =
          "Language of the target, of rows without target_lang (default: tgt_lang of the"
              + " tokenizer).")
  Optional<String> target = Optional.empty();

  /** What was typed. */
  public LanguagePair all() {
    return new LanguagePair(source, target);
  }
}
