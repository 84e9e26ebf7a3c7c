package org.peft4j.train.data;

/** Turns text into token ids. */
@FunctionalInterface
public interface TextEncoder {
  /** The ids of {@code text}, with the tokens that the tokenizer puts around it by itself. */
  int[] encode(String text);
}
