package org.peft4j.transformers.family;

import org.peft4j.transformers.config.SpecialTokens;

/** The ids of special tokens in a {@code config.json}. */
final class TokenFields {
  private TokenFields() {}

  static SpecialTokens read(ConfigFields fields) {
    return new SpecialTokens(
        fields.token("bos_token_id"), fields.tokens("eos_token_id"), fields.token("pad_token_id"));
  }
}
