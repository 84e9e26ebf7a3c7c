package org.peft4j.transformers.generation;

/** Told of every token as soon as it is chosen. */
@FunctionalInterface
public interface TokenListener {
  /**
   * Takes a token. An exception ends the generation and passes through.
   *
   * @param row the index of the prompt
   * @param id the token, an end-of-text token too
   */
  void token(int row, int id);
}
