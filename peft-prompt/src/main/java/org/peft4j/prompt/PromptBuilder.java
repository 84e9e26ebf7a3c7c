package org.peft4j.prompt;

import java.util.Optional;
import org.peft4j.config.CommonBuilder;

/**
 * The setters of all builders for prompts and prefixes.
 *
 * @param <B> the builder's own class
 */
public abstract class PromptBuilder<B extends PromptBuilder<B>> extends CommonBuilder<B> {
  private int virtualTokens;
  private Optional<Integer> tokenDim = Optional.empty();
  private Optional<Integer> submodules = Optional.empty();
  private Optional<Integer> attentionHeads = Optional.empty();
  private Optional<Integer> layers = Optional.empty();

  /** The number of vectors before those of a sequence; required, at least 1. */
  public final B virtualTokens(int value) {
    virtualTokens = value;
    return self();
  }

  /** The width of a vector; only the model's, which is the default. */
  public final B tokenDim(int value) {
    tokenDim = Optional.of(value);
    return self();
  }

  /** 1, or 2 for a model with an encoder and a decoder; the model's by default. */
  public final B submodules(int value) {
    submodules = Optional.of(value);
    return self();
  }

  /** The number of attention heads; the model's by default. */
  public final B attentionHeads(int value) {
    attentionHeads = Optional.of(value);
    return self();
  }

  /** The number of layers; only the model's, which is the default. */
  public final B layers(int value) {
    layers = Optional.of(value);
    return self();
  }

  /** Sets all of these fields. */
  public final B prompt(PromptFields value) {
    virtualTokens = value.virtualTokens();
    tokenDim = value.tokenDim();
    submodules = value.submodules();
    attentionHeads = value.attentionHeads();
    layers = value.layers();
    return self();
  }

  /** The fields set; the model supplies the others. */
  protected final PromptFields prompt() {
    return new PromptFields(virtualTokens, tokenDim, submodules, attentionHeads, layers);
  }
}
