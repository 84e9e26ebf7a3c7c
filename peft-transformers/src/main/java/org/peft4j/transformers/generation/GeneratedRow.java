package org.peft4j.transformers.generation;

import java.util.List;
import org.peft4j.transformers.tokenizer.Tokenizer;

/**
 * The tokens generated for one prompt.
 *
 * @param prompt the prompt's ids, without padding
 * @param tokens the ids that follow it, with the end-of-text token if there is one, without padding
 * @param ending why the row ended
 */
public record GeneratedRow(List<Integer> prompt, List<Integer> tokens, Ending ending) {
  public GeneratedRow {
    prompt = List.copyOf(prompt);
    tokens = List.copyOf(tokens);
  }

  /** The text that follows the prompt, without special tokens. */
  public String text(Tokenizer tokenizer) {
    RowText text = new RowText(tokenizer, ids(prompt));
    tokens.forEach(text::add);
    return text.rest();
  }

  private static int[] ids(List<Integer> ids) {
    return ids.stream().mapToInt(Integer::intValue).toArray();
  }
}
