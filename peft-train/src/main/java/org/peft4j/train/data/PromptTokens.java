package org.peft4j.train.data;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The tokens of a prompt with its completion, as a model meets them that is given the prompt. */
public final class PromptTokens {
  /** None of them is part of a token with what follows it, as a rule. */
  private static final String[] MARKERS = {"\n", "|", "\u0001"};

  private final TextEncoder encoder;
  private final int endToken;

  /**
   * An encoder of rows.
   *
   * @param endToken taken away where {@code encoder} adds it at the end of a prompt
   */
  public PromptTokens(TextEncoder encoder, int endToken) {
    this.encoder = encoder;
    this.endToken = endToken;
  }

  /**
   * Tokens of a row.
   *
   * @param learnedFrom the first that is the completion's
   * @param splitsAToken whether the whole text has a token across the border
   */
  public record Encoded(int[] ids, int learnedFrom, boolean splitsAToken) {}

  /**
   * Encodes a row.
   *
   * @param prompt may be empty
   */
  public Encoded encode(String prompt, String completion) {
    int[] whole = encoder.encode(prompt + completion);
    if (prompt.isEmpty()) {
      return new Encoded(whole, 0, false);
    }
    int[] given = encoder.encode(prompt);
    if (given.length > 0 && given[given.length - 1] == endToken) {
      given = Arrays.copyOf(given, given.length - 1);
    }
    if (commonPrefix(given, whole) == given.length) {
      return new Encoded(whole, given.length, false);
    }
    int[] ids = IntStream.concat(Arrays.stream(given), Arrays.stream(after(completion))).toArray();
    return new Encoded(ids, given.length, true);
  }

  /**
   * The tokens of a text that goes on with another: behind a marker, so that nothing is put in
   * front of it, no token for the beginning and no space.
   */
  private int[] after(String text) {
    for (String marker : MARKERS) {
      int[] alone = encoder.encode(marker);
      if (alone.length > 0 && alone[alone.length - 1] == endToken) {
        alone = Arrays.copyOf(alone, alone.length - 1);
      }
      int[] marked = encoder.encode(marker + text);
      if (commonPrefix(alone, marked) == alone.length) {
        return Arrays.copyOfRange(marked, alone.length, marked.length);
      }
    }
    int[] ids = encoder.encode(text);
    // What an empty text has too is put in front by the tokenizer.
    return Arrays.copyOfRange(ids, commonPrefix(encoder.encode(""), ids), ids.length);
  }

  private static int commonPrefix(int[] a, int[] b) {
    int mismatch = Arrays.mismatch(a, b);
    return mismatch < 0 ? a.length : mismatch;
  }
}
