package org.peft4j.internal.pattern;

import java.util.function.IntPredicate;

/** Reads escapes, and sets in square brackets. */
final class SetParser {
  private static final String LETTERS = "aftnrv";
  private static final String MEANINGS = "\u0007\f\t\n\r\u000b";

  private final PatternText text;

  SetParser(PatternText text) {
    this.text = text;
  }

  /** One member of a set: a code point, or a set that an escape names. */
  private record Member(int point, IntPredicate set, boolean single) {}

  /** The set behind an opening bracket, up to its closing one. */
  IntPredicate set(boolean ascii, boolean eitherCase) {
    int begin = text.position() - 1;
    String unfinished = "a set without its closing bracket";
    boolean negated = text.skip("^");
    IntPredicate union = c -> false;
    boolean first = true;
    while (first || text.peek() != ']') {
      requireNoOperator();
      Member low = member(text.next(unfinished), ascii, begin);
      first = false;
      IntPredicate next = low.set();
      if (text.peek() == '-') {
        text.next(unfinished);
        if (text.peek() == ']') {
          next = next.or(c -> c == '-');
        } else {
          next = range(low, member(text.next(unfinished), ascii, begin), begin);
        }
      }
      union = union.or(next);
    }
    text.next(unfinished);
    IntPredicate cased = eitherCase ? CharSets.inEitherCase(union) : union;
    return negated ? cased.negate() : cased;
  }

  private void requireNoOperator() {
    int begin = text.position();
    for (String operator : new String[] {"&&", "||", "~~", "--"}) {
      if (text.skip(operator)) {
        throw new PatternError(
            "\"" + operator + "\" in a set, which languages read differently (write \\ before it),",
            begin);
      }
    }
  }

  private static IntPredicate range(Member low, Member high, int begin) {
    if (!low.single() || !high.single() || low.point() > high.point()) {
      throw new PatternError("a range of characters whose ends do not fit, in the set", begin);
    }
    return c -> c >= low.point() && c <= high.point();
  }

  private Member member(int c, boolean ascii, int begin) {
    if (c != '\\') {
      return single(c);
    }
    int letter = text.next("a set without its closing bracket");
    if ("dDsSwW".indexOf(letter) >= 0) {
      return new Member(-1, CharSets.named((char) letter, ascii), false);
    }
    if (letter == 'b') {
      return single('\b');
    }
    if (letter >= '0' && letter <= '7') {
      return single(octal(letter));
    }
    return single(character(letter, begin));
  }

  private static Member single(int c) {
    return new Member(c, x -> x == c, true);
  }

  /** Up to three octal digits, the first of which was read. */
  int octal(int first) {
    int value = first - '0';
    for (int i = 0; i < 2 && text.peek() >= '0' && text.peek() <= '7'; i++) {
      value = value * 8 + text.next("") - '0';
    }
    return value;
  }

  /** The code point that a backslash and {@code letter} mean in and outside of sets. */
  int character(int letter, int begin) {
    int index = LETTERS.indexOf(letter);
    if (index >= 0) {
      return MEANINGS.charAt(index);
    }
    return switch (letter) {
      case 'x' -> text.hex(2);
      case 'u' -> text.hex(4);
      case 'U' -> text.hex(8);
      default -> {
        if (letter < 128 && Character.isLetterOrDigit(letter)) {
          throw new PatternError(
              "\\" + Character.toString(letter) + ", which Python does not have,", begin);
        }
        yield letter;
      }
    };
  }
}
