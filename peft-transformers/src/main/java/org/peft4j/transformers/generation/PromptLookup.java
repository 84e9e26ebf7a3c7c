package org.peft4j.transformers.generation;

import java.util.Arrays;

/**
 * Guesses how a text goes on: as it did where its latest tokens came first. Prompt lookup decoding
 * (Saxena, 2023), with the matches of {@code PromptLookupCandidateGenerator} of Hugging Face
 * transformers: two latest tokens, or else one.
 */
final class PromptLookup {
  private static final int LONGEST_MATCH = 2;

  private PromptLookup() {}

  /**
   * The tokens that followed the first match; none without one.
   *
   * @param text the tokens so far
   * @param most how many at most
   */
  static int[] guess(int[] text, int most) {
    for (int size = Math.min(LONGEST_MATCH, text.length - 1); size > 0; size--) {
      int latest = text.length - size;
      for (int from = 0; from < latest; from++) {
        if (Arrays.equals(text, from, from + size, text, latest, text.length)) {
          int end = Math.min(from + size + most, text.length);
          return Arrays.copyOfRange(text, from + size, Math.max(end, from + size));
        }
      }
    }
    return new int[0];
  }
}
