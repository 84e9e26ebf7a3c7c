package org.peft4j.internal.pattern;

/** The characters of a regular expression, read from left to right. */
final class PatternText {
  private final int[] text;
  private int at;

  PatternText(String text) {
    this.text = text.codePoints().toArray();
  }

  boolean atEnd() {
    return at == text.length;
  }

  int position() {
    return at;
  }

  void back(int position) {
    at = position;
  }

  /** The next code point without reading it, or -1. */
  int peek() {
    return atEnd() ? -1 : text[at];
  }

  int next(String missing) {
    if (atEnd()) {
      throw new PatternError(missing, at);
    }
    return text[at++];
  }

  /** Reads {@code expected} if it is next. */
  boolean skip(String expected) {
    if (at + expected.length() > text.length) {
      return false;
    }
    for (int i = 0; i < expected.length(); i++) {
      if (text[at + i] != expected.charAt(i)) {
        return false;
      }
    }
    at += expected.length();
    return true;
  }

  /** Reads up to the code point {@code end}, which is read too. */
  String upTo(char end, String missing) {
    int begin = at;
    while (!atEnd()) {
      if (text[at++] == end) {
        return new String(text, begin, at - 1 - begin);
      }
    }
    throw new PatternError(missing, begin);
  }

  /** Reads decimal digits; the number, at most 2³¹ − 1, or {@code none} if there are none. */
  int number(int none) {
    if (atEnd() || text[at] < '0' || text[at] > '9') {
      return none;
    }
    long value = 0;
    while (!atEnd() && text[at] >= '0' && text[at] <= '9') {
      value = Math.min(Integer.MAX_VALUE, 10 * value + text[at++] - '0');
    }
    return (int) value;
  }

  /** Reads {@code digits} hexadecimal digits. */
  int hex(int digits) {
    int begin = at;
    int value = 0;
    for (int i = 0; i < digits; i++) {
      int digit = Character.digit(next("an escape without its " + digits + " digits"), 16);
      if (digit < 0) {
        throw new PatternError("an escape without its " + digits + " digits", begin);
      }
      value = value * 16 + digit;
    }
    return value;
  }
}
