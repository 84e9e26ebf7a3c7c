package org.peft4j.transformers.config;

import java.util.List;
import java.util.OptionalInt;

/**
 * Ids of special tokens.
 *
 * @param endOfText any of them ends a text
 * @param decoderStart the first input of a decoder that reads an encoder
 */
public record SpecialTokens(
    OptionalInt beginOfText,
    List<Integer> endOfText,
    OptionalInt padding,
    OptionalInt decoderStart) {
  public SpecialTokens {
    endOfText = List.copyOf(endOfText);
  }
}
