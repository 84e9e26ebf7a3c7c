package org.peft4j.train.data;

/** Text to token ids: what the readers of text need of a tokenizer. */
@FunctionalInterface
public interface TextEncoder {
  /** The ids of {@code text}, with the tokens that the tokenizer puts around a text by itself. */
  int[] encode(String text);
}
