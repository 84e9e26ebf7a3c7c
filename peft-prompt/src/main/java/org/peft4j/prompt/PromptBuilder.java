package org.peft4j.prompt;

import java.util.Optional;
import org.peft4j.config.CommonBuilder;

/**
 * The setters that the builders of all prompts and prefixes have.
 *
 * @param <B> the builder's own class
 */
public abstract class PromptBuilder<B extends PromptBuilder<B>> extends CommonBuilder<B> {
  private int virtualTokens;
  private Optional<Integer> tokenDim = Optional.empty();
  private Optional<Integer> submodules = Optional.empty();
  private Optional<Integer> attentionHeads = Optional.empty();
  private Optional<Integer> layers = Optional.empty();

  /** How many vectors stand before those of a sequence; at least 1, and must be set. */
  public final B virtualTokens(int value) {
    virtualTokens = value;
    return self();
  }

  /** The width of a vector; the model's unless set, and the same if it is. */
  public final B tokenDim(int value) {
    tokenDim = Optional.of(value);
    return self();
  }

  /** 1, or 2 for a model of an encoder and a decoder; the model's unless set. */
  public final B submodules(int value) {
    submodules = Optional.of(value);
    return self();
  }

  /** The number of attention heads; the model's unless set. */
  public final B attentionHeads(int value) {
    attentionHeads = Optional.of(value);
    return self();
  }

  /** The number of layers; the model's unless set, and the same if it is. */
  public final B layers(int value) {
    layers = Optional.of(value);
    return self();
  }

  /** All of them at once. */
  public final B prompt(PromptFields value) {
    virtualTokens = value.virtualTokens();
    tokenDim = value.tokenDim();
    submodules = value.submodules();
    attentionHeads = value.attentionHeads();
    layers = value.layers();
    return self();
  }

  /** What was set; the rest from the model. */
  protected final PromptFields prompt() {
    return new PromptFields(virtualTokens, tokenDim, submodules, attentionHeads, layers);
  }
}
