package org.peft4j.transformers.generation;

import java.util.List;

/**
 * What was generated for one prompt.
 *
 * @param prompt the prompt's ids, without padding
 * @param tokens the ids that follow it, with the end-of-text token if there is one, without padding
 * @param ending why there are no more
 */
public record GeneratedRow(List<Integer> prompt, List<Integer> tokens, Ending ending) {
  public GeneratedRow {
    prompt = List.copyOf(prompt);
    tokens = List.copyOf(tokens);
  }
}
