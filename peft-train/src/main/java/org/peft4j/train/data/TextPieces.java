package org.peft4j.train.data;

import java.util.ArrayList;
import java.util.List;

/** Cuts a text where a reader would: behind a line, else behind a space, else anywhere. */
final class TextPieces {
  private TextPieces() {}

  /**
   * The pieces of a text, which make it up again.
   *
   * @param longest the most characters of one, 2 and above
   */
  static List<String> of(String text, int longest) {
    List<String> pieces = new ArrayList<>();
    int from = 0;
    while (text.length() - from > longest) {
      int to = end(text, from, from + longest);
      pieces.add(text.substring(from, to));
      from = to;
    }
    pieces.add(text.substring(from));
    return pieces;
  }

  private static int end(String text, int from, int limit) {
    for (char last : new char[] {'\n', ' '}) {
      int at = text.lastIndexOf(last, limit - 1);
      if (at >= from) {
        return at + 1;
      }
    }
    return Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit;
  }
}
