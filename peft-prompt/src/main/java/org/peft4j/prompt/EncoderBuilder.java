package org.peft4j.prompt;

import java.util.Optional;

/**
 * The setters that the builders of prompts and prefixes have that an encoder may make.
 *
 * @param <B> the builder's own class
 */
public abstract class EncoderBuilder<B extends EncoderBuilder<B>> extends PromptBuilder<B> {
  private Optional<Integer> encoderHiddenSize = Optional.empty();

  /** The encoder's width; that of its output's vectors unless set. */
  public final B encoderHiddenSize(int value) {
    encoderHiddenSize = Optional.of(value);
    return self();
  }

  /** What was set. */
  protected final Optional<Integer> encoderHiddenSize() {
    return encoderHiddenSize;
  }
}
