package org.peft4j.transformers.generation;

/** Receives every token as soon as it is chosen. */
@FunctionalInterface
public interface TokenListener {
  /**
   * Takes a token. An exception ends the generation and reaches the caller.
   *
   * @param row the index of the prompt
   * @param id the token; an end-of-text token too
   */
  void token(int row, int id);
}
