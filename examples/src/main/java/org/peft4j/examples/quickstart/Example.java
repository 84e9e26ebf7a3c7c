package org.peft4j.examples.quickstart;

/**
 * A prompt and the continuation that an adapter should learn for it.
 *
 * @param prompt what the model is given; ends without a space
 * @param completion what it should write; begins with a space
 */
public record Example(String prompt, String completion) {

  /** The whole text, to train a language model on. */
  public String text() {
    return prompt + completion;
  }
}
