package org.peft4j.internal;

/**
 * What a terminal shows as what it is. Controls, invisible characters and those that change the
 * direction of writing can hide a text, or command the terminal.
 */
public final class PlainText {
  private static final int JOINER = 0x200d;
  private static final int NO_JOINER = 0x200c;

  private PlainText() {}

  /** Whether a code point may be shown; line ends and tabs may. */
  public static boolean allows(int c) {
    if (c == '\n' || c == '\t') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      // Joiners are part of words and of emoji.
      case Character.FORMAT -> c == JOINER || c == NO_JOINER;
      default -> true;
    };
  }

  /** A code point as JSON escapes it: {@code \}{@code u001b}. */
  public static String escaped(int c) {
    StringBuilder text = new StringBuilder();
    for (char half : Character.toChars(c)) {
      text.append(String.format("\\u%04x", (int) half));
    }
    return text.toString();
  }
}
