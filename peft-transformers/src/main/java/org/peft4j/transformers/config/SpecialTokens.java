package org.peft4j.transformers.config;

import java.util.List;
import java.util.OptionalInt;

/**
 * Ids of special tokens.
 *
 * @param endOfText any of them ends a text
 */
public record SpecialTokens(OptionalInt beginOfText, List<Integer> endOfText, OptionalInt padding) {
  public SpecialTokens {
    endOfText = List.copyOf(endOfText);
  }
}
