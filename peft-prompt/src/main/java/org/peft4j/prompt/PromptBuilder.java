package org.peft4j.prompt;

import org.peft4j.config.CommonBuilder;

/**
 * The setters that the builders of all prompts and prefixes have.
 *
 * @param <B> the builder's own class
 */
public abstract class PromptBuilder<B extends PromptBuilder<B>> extends CommonBuilder<B> {
  private int virtualTokens;

  /** How many vectors stand before those of a sequence; at least 1, and must be set. */
  public final B virtualTokens(int value) {
    virtualTokens = value;
    return self();
  }

  /** What was set; the rest from the model. */
  protected final PromptFields prompt() {
    return PromptFields.of(virtualTokens);
  }
}
