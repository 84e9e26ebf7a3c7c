package org.peft4j.cli.run;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.generation.GeneratedRow;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;
import org.peft4j.transformers.tokenizer.TextInput;
import org.peft4j.transformers.tokenizer.TextLimit;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * Texts that a model writes: what follows prompts, or what an encoder-decoder makes of texts.
 *
 * @param limit where inputs are cut
 */
record WrittenTexts(
    Generator generator, Tokenizer tokenizer, TextLimit limit, GenerationConfig config) {
  /**
   * The texts of each input, all at once: as many as the config returns.
   *
   * @throws PeftException if an input has no token, or the generator refuses it
   */
  List<List<String>> of(List<? extends TextInput> inputs) {
    List<int[]> ids = inputs.stream().map(this::ids).toList();
    List<GeneratedRow> rows = generator.with(tokenizer).generate(ids, config).rows();
    int each = config.beams().returned();
    List<List<String>> texts = new ArrayList<>();
    for (int from = 0; from < rows.size(); from += each) {
      texts.add(rows.subList(from, from + each).stream().map(row -> row.text(tokenizer)).toList());
    }
    return texts;
  }

  private int[] ids(TextInput input) {
    int[] ids = tokenizer.encode(input, limit).get(0).ids();
    if (ids.length == 0) {
      throw new PeftException("It has no token, and the tokenizer adds none.");
    }
    return ids;
  }
}
