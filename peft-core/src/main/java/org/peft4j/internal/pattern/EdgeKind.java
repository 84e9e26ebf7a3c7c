package org.peft4j.internal.pattern;

/** A condition on a place in a text. */
enum EdgeKind {
  /** {@code ^}, {@code \A}. */
  START {
    @Override
    boolean holds(int[] text, int at) {
      return at == 0;
    }
  },
  /** {@code \Z}. */
  END {
    @Override
    boolean holds(int[] text, int at) {
      return at == text.length;
    }
  },
  /** {@code $}: the end, or the last line's. */
  LAST_LINE {
    @Override
    boolean holds(int[] text, int at) {
      return at == text.length || (at == text.length - 1 && text[at] == '\n');
    }
  },
  /** {@code ^} with the flag m. */
  LINE_START {
    @Override
    boolean holds(int[] text, int at) {
      return at == 0 || text[at - 1] == '\n';
    }
  },
  /** {@code $} with the flag m. */
  LINE_END {
    @Override
    boolean holds(int[] text, int at) {
      return at == text.length || text[at] == '\n';
    }
  },
  /** {@code \b}. */
  WORD {
    @Override
    boolean holds(int[] text, int at) {
      return isWord(text, at - 1) != isWord(text, at);
    }
  },
  /** {@code \B}. */
  NO_WORD {
    @Override
    boolean holds(int[] text, int at) {
      // Python before 3.14 finds no \B in an empty text.
      return text.length > 0 && !WORD.holds(text, at);
    }
  };

  /** Whether the condition holds before the code point {@code at}. */
  abstract boolean holds(int[] text, int at);

  private static boolean isWord(int[] text, int at) {
    return at >= 0 && at < text.length && CharSets.isWord(text[at]);
  }
}
