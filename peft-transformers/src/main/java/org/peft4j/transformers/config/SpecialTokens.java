package org.peft4j.transformers.config;

import java.util.List;
import java.util.OptionalInt;

/**
 * Ids of special tokens.
 *
 * @param endOfText any of them ends a text
 * @param decoderStart the first input of a decoder that reads an encoder
 * @param lastFirst whether a decoder that learns begins with the last token of its text instead,
 *     the language: mBART
 */
public record SpecialTokens(
    OptionalInt beginOfText,
    List<Integer> endOfText,
    OptionalInt padding,
    OptionalInt decoderStart,
    boolean lastFirst) {
  public SpecialTokens {
    endOfText = List.copyOf(endOfText);
  }

  /** Those of a model that reads no tokens. */
  public static SpecialTokens none() {
    return new SpecialTokens(
        OptionalInt.empty(), List.of(), OptionalInt.empty(), OptionalInt.empty());
  }

  /** Those of a decoder that always begins with the same token. */
  public SpecialTokens(
      OptionalInt beginOfText,
      List<Integer> endOfText,
      OptionalInt padding,
      OptionalInt decoderStart) {
    this(beginOfText, endOfText, padding, decoderStart, false);
  }

  /** The same, in which that token ends a text if none does. */
  public SpecialTokens endingWith(int token) {
    List<Integer> ends = endOfText.isEmpty() ? List.of(token) : endOfText;
    return new SpecialTokens(beginOfText, ends, padding, decoderStart, lastFirst);
  }

  /** The same of which the last token of a text comes first where a decoder learns it. */
  public SpecialTokens beginningWithLast() {
    return new SpecialTokens(beginOfText, endOfText, padding, decoderStart, true);
  }
}
