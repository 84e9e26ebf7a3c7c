package org.peft4j.prompt;

import java.util.Optional;

/**
 * The setters of builders for prompts and prefixes that may have an encoder.
 *
 * @param <B> the builder's own class
 */
public abstract class EncoderBuilder<B extends EncoderBuilder<B>> extends PromptBuilder<B> {
  private Optional<Integer> encoderHiddenSize = Optional.empty();

  /** The encoder's width; by default that of its output vectors. */
  public final B encoderHiddenSize(int value) {
    encoderHiddenSize = Optional.of(value);
    return self();
  }

  /** The value set, if any. */
  protected final Optional<Integer> encoderHiddenSize() {
    return encoderHiddenSize;
  }
}
