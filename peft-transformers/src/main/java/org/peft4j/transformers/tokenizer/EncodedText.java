package org.peft4j.transformers.tokenizer;

import java.util.List;

/** The tokens of an input, or of a window of it. */
public record EncodedText(List<EncodedToken> tokens) {
  public EncodedText {
    tokens = List.copyOf(tokens);
  }

  /** The number of tokens. */
  public int length() {
    return tokens.size();
  }

  /** The ids of all tokens. */
  public int[] ids() {
    return tokens.stream().mapToInt(EncodedToken::id).toArray();
  }

  /** The types of all tokens. */
  public int[] types() {
    return tokens.stream().mapToInt(EncodedToken::type).toArray();
  }
}
