package org.peft4j.cli.run;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.transformers.config.TextLanguages;
import org.peft4j.transformers.generation.GeneratedRow;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Texts that a model writes: what follows prompts, or what an encoder-decoder makes of texts.
 *
 * @param most the most tokens of an input, which is cut there
 */
record WrittenTexts(Generator generator, Tokenizer tokenizer, int most, GenerationConfig config) {
  /**
   * The texts of each input, all at once: as many as the config returns.
   *
   * @throws PeftException if an input has no token, or the generator refuses it
   */
  List<List<String>> of(List<? extends TextInput> inputs) {
    return written(inputs.stream().map(this::ids).toList(), config);
  }

  /**
   * The same of texts from one language to another, by their codes; with {@link LanguagePair#NONE}
   * as the tokenizer has them.
   */
  List<List<String>> of(List<? extends TextInput> inputs, LanguagePair pair) {
    if (pair.isNone()) {
      return of(inputs);
    }
    TextLanguages languages = tokenizer.languages().orElseThrow();
    String source = pair.source().orElse(languages.source());
    String target = pair.target().orElseThrow();
    return written(
        inputs.stream()
            .map(input -> ((TextInput.Text) input).text())
            .map(text -> languages.around(tokenizer.encode(text, false), source, most))
            .toList(),
        config.inLanguage(languages, target));
  }

  private List<List<String>> written(List<int[]> ids, GenerationConfig config) {
    List<GeneratedRow> rows = generator.with(tokenizer).generate(ids, config).rows();
    int each = config.beams().returned();
    List<List<String>> texts = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += each) {
      texts.add(rows.subList(from, from + each).stream().map(row -> row.text(tokenizer)).toList());
    }
    return texts;
  }

  private int[] ids(TextInput input) {
    int[] ids = tokenizer.encode(input, TextLimit.of(most)).get(0).ids();
    if (ids.length == 0) {
      throw new PeftException("It has no token, and the tokenizer adds none.");
    }
    return ids;
  }
}
