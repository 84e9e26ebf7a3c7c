package org.peft4j.chat.internal.function;

/** White space as Python's {@code str.strip()} sees it. */
public final class PythonSpace {
  private PythonSpace() {}

  public static boolean is(int point) {
    return (point >= '\t' && point <= '\r')
        || (point >= 0x1c && point <= 0x20)
        || point == 0x85
        || Character.isSpaceChar(point);
  }

  /** The text without white space at its ends. */
  public static String strip(String text, boolean left, boolean right) {
    int begin = 0;
    int end = text.length();
    while (left && begin < end && is(text.charAt(begin))) {
      begin++;
    }
    while (right && end > begin && is(text.charAt(end - 1))) {
      end--;
    }
    return text.substring(begin, end);
  }

  /** Whether a character ends a line for {@code str.splitlines()}. */
  static boolean endsLine(char c) {
    return (c >= '\n' && c <= '\r')
        || (c >= 0x1c && c <= 0x1e)
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }
}
