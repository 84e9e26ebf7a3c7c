package org.peft4j.transformers.internal.tokenizer.check;

import org.peft4j.error.PeftException;

/** Java's texts can hold half of a surrogate pair, which has no UTF-8. */
public final class WholeText {
  private WholeText() {}

  /**
   * Checks a text.
   *
   * @param where it stands, for the message
   * @throws PeftException if it has half of a pair, with its place
   */
  public static void require(String text, String where) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new PeftException(
            "%s has half of a character, \\u%04x, at %,d; a surrogate needs its other half."
                .formatted(where, (int) c, i));
      }
    }
  }
}
