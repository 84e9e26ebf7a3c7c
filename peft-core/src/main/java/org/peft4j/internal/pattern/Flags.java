package org.peft4j.internal.pattern;

import java.util.Optional;

/** What flags such as {@code (?i)} change. */
record Flags(boolean eitherCase, boolean lines, boolean dotAll, boolean verbose, boolean ascii) {
  static final Flags NONE = new Flags(false, false, false, false, false);

  /** These flags with those that come next, if any do. */
  Optional<Flags> read(PatternText text) {
    Flags result = this;
    boolean on = true;
    boolean any = false;
    while (true) {
      int begin = text.position();
      int c = text.peek();
      if (c == '-' && on) {
        on = false;
      } else if (c >= 0 && "imsxau".indexOf(c) >= 0) {
        result = result.with(c, on);
        any = true;
      } else {
        return any ? Optional.of(result) : Optional.empty();
      }
      text.next("");
      if (text.atEnd()) {
        throw new PatternError("flags that do not end", begin);
      }
    }
  }

  private Flags with(int letter, boolean on) {
    return new Flags(
        letter == 'i' ? on : eitherCase,
        letter == 'm' ? on : lines,
        letter == 's' ? on : dotAll,
        letter == 'x' ? on : verbose,
        letter == 'a' ? on : letter == 'u' ? !on : ascii);
  }
}
