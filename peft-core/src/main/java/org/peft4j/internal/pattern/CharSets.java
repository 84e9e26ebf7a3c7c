package org.peft4j.internal.pattern;

import java.util.function.IntPredicate;

/** Sets of code points, as Python's {@code re} has them for texts. */
final class CharSets {
  private CharSets() {}

  /** {@code \w}: letters, numbers of every kind, and the underscore. */
  static boolean isWord(int c) {
    int type = Character.getType(c);
    return Character.isLetterOrDigit(c)
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER
        || c == '_';
  }

  /** {@code \s}. */
  static boolean isSpace(int c) {
    return (c >= 0x09 && c <= 0x0d)
        || (c >= 0x1c && c <= 0x20)
        || c == 0x85
        || c == 0xa0
        || Character.isSpaceChar(c);
  }

  /** The set that {@code \d}, {@code \w}, {@code \s} and their capitals name. */
  static IntPredicate named(char letter, boolean ascii) {
    IntPredicate set =
        switch (Character.toLowerCase(letter)) {
          case 'd' -> Character::isDigit;
          case 'w' -> CharSets::isWord;
          default -> CharSets::isSpace;
        };
    IntPredicate bounded = ascii ? set.and(c -> c < 128) : set;
    return Character.isUpperCase(letter) ? bounded.negate() : bounded;
  }

  /** The set with its members in the other case. */
  static IntPredicate inEitherCase(IntPredicate set) {
    return c ->
        set.test(c)
            || set.test(Character.toLowerCase(c))
            || set.test(Character.toUpperCase(c))
            || set.test(Character.toLowerCase(Character.toUpperCase(c)));
  }
}
