package org.peft4j.transformers.tokenizer;

import java.util.Optional;

/**
 * A token of a model's input.
 *
 * @param type which part of the input it is of, as the tokenizer's template says: 0, or 1 in the
 *     second text of a BERT. Models without types of tokens do not read it
 * @param place where it comes from; empty for what the tokenizer puts around a text
 */
public record EncodedToken(int id, int type, Optional<TokenPlace> place) {
  /** Whether the tokenizer put it there, and no text has it. */
  public boolean special() {
    return place.isEmpty();
  }
}
