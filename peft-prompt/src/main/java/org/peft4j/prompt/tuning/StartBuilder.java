package org.peft4j.prompt.tuning;

import java.util.List;
import java.util.function.Function;
import org.peft4j.prompt.PromptBuilder;

/**
 * The setters that the builders of prompts of embeddings have.
 *
 * @param <B> the builder's own class
 */
public abstract class StartBuilder<B extends StartBuilder<B>> extends PromptBuilder<B> {
  private PromptStart start = PromptStart.RANDOM;

  /** What the prompt begins as; random unless set. */
  public final B init(PromptInit value) {
    start = start.with(value);
    return self();
  }

  /** The prompt begins as the embeddings of these tokens, cut or repeated to its length. */
  public final B initFromTokens(List<Integer> ids) {
    start = PromptStart.ofTokens(ids);
    return self();
  }

  /**
   * The prompt begins as the embeddings of a text's tokens, cut or repeated to its length.
   *
   * @param encoder text to token ids, with the tokens that the model's tokenizer puts around a text
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

  /** What was set. */
  protected final PromptStart start() {
    return start;
  }
}
