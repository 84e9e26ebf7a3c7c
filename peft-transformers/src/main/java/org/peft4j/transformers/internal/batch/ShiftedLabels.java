package org.peft4j.transformers.internal.batch;

import java.util.OptionalInt;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.SpecialTokens;

/** The decoder's input that belongs to labels, or to the encoder's input. */
public final class ShiftedLabels {
  private static final int IGNORED = -100;

  private ShiftedLabels() {}

  /**
   * The token that starts a decoder, or the last of the labels in mBART; then all labels but the
   * last; padding where there is no label.
   *
   * @param labels [batch, length], ids or −100
   * @return INT32 [batch, length]
   */
  public static INDArray of(INDArray labels, SpecialTokens tokens) {
    int length = (int) labels.size(1);
    int[] shifted = of(TokenIds.of(labels), length, tokens);
    return Nd4j.createFromArray(shifted).reshape('c', labels.size(0), length);
  }

  /**
   * The same for rows of {@code length} labels, one after the other.
   *
   * @throws PeftException if the config lacks the token that starts a decoder, or that of padding
   *     where a label is missing
   */
  public static int[] of(int[] labels, int length, SpecialTokens tokens) {
    int[] shifted = new int[labels.length];
    for (int i = 0; i < labels.length; i++) {
      int before = i % length == 0 ? first(labels, i, length, tokens) : labels[i - 1];
      shifted[i] = before == IGNORED ? require(tokens.padding(), "pad_token_id") : before;
    }
    return shifted;
  }

  /** What a row begins with. */
  private static int first(int[] labels, int from, int length, SpecialTokens tokens) {
    if (!tokens.lastFirst()) {
      return require(tokens.decoderStart(), "decoder_start_token_id");
    }
    int padding = require(tokens.padding(), "pad_token_id");
    for (int i = from + length - 1; i >= from; i--) {
      if (labels[i] != IGNORED && labels[i] != padding) {
        return labels[i];
      }
    }
    return padding;
  }

  private static int require(OptionalInt token, String field) {
    return token.orElseThrow(
        () ->
            new PeftException(
                "The model's config.json has no "
                    + field
                    + ", which the decoder's input needs when it is made from labels or from the"
                    + " encoder's input. Add it, or give decoder_input_ids."));
  }
}
