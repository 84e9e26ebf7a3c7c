package org.peft4j.transformers.internal.family;

import java.util.OptionalInt;
import org.peft4j.transformers.config.SpecialTokens;

/** The ids of special tokens in a {@code config.json}. */
public final class TokenFields {
  private TokenFields() {}

  /**
   * The row of the padding token, which PyTorch's embedding leaves out of the gradient. A negative
   * id counts from the end, as in PyTorch.
   *
   * @param absent the family's default
   */
  public static OptionalInt paddingRow(ConfigFields fields, int vocabulary, OptionalInt absent) {
    OptionalInt id = fields.integer("pad_token_id", absent);
    boolean inside = id.isEmpty() || id.getAsInt() >= -vocabulary && id.getAsInt() < vocabulary;
    fields.check(
        inside, "pad_token_id", "null, or the id of a token, below vocab_size " + vocabulary);
    return id.isPresent() && id.getAsInt() < 0 ? OptionalInt.of(vocabulary + id.getAsInt()) : id;
  }

  public static SpecialTokens read(ConfigFields fields) {
    return read(fields, OptionalInt.empty());
  }

  /**
   * Reads those of a model that may have an encoder.
   *
   * @param decoderStart the family's default
   */
  public static SpecialTokens read(ConfigFields fields, OptionalInt decoderStart) {
    return read(fields, decoderStart, OptionalInt.empty());
  }

  /**
   * Reads those of a model that may have an encoder.
   *
   * @param decoderStart the family's default
   * @param padding the family's default
   */
  public static SpecialTokens read(
      ConfigFields fields, OptionalInt decoderStart, OptionalInt padding) {
    OptionalInt start = fields.token("decoder_start_token_id");
    OptionalInt pad = fields.token("pad_token_id");
    return new SpecialTokens(
        fields.token("bos_token_id"),
        fields.tokens("eos_token_id"),
        fields.has("pad_token_id") ? pad : padding,
        fields.has("decoder_start_token_id") ? start : decoderStart);
  }
}
