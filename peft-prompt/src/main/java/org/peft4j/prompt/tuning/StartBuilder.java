package org.peft4j.prompt.tuning;

import java.util.List;
import java.util.function.Function;
import org.peft4j.prompt.PromptBuilder;

/**
 * The setters of builders for prompts of embeddings.
 *
 * @param <B> the builder's own class
 */
public abstract class StartBuilder<B extends StartBuilder<B>> extends PromptBuilder<B> {
  private PromptStart start = PromptStart.RANDOM;

  /** The first values of the prompt; random by default. */
  public final B init(PromptInit value) {
    start = start.with(value);
    return self();
  }

  /** Starts the prompt with the embeddings of these tokens, cut or repeated to its length. */
  public final B initFromTokens(List<Integer> ids) {
    start = PromptStart.ofTokens(ids);
    return self();
  }

  /**
   * Starts the prompt with the embeddings of a text's tokens, cut or repeated to its length.
   *
   * @param encoder maps a text to token ids, including the tokenizer's special tokens
   */
  public final B initFromText(String text, Function<String, int[]> encoder) {
    start = PromptStart.ofText(text).encoded(encoder);
    return self();
  }

  /** The start as a whole. */
  public final B start(PromptStart value) {
    start = value;
    return self();
  }

  void initText(String text) {
    start = start.withText(text);
  }

  void tokenizer(String name) {
    start = start.withTokenizer(name);
  }

  /** The value set, if any. */
  protected final PromptStart start() {
    return start;
  }
}
