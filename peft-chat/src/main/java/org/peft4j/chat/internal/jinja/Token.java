package org.peft4j.chat.internal.jinja;

/**
 * A part of a template.
 *
 * @param text of a string literal, what it means
 */
record Token(Kind kind, String text, int line) {
  enum Kind {
    /** What stands outside of tags. */
    DATA,
    /** The begin of {@code {{ … }}}. */
    PRINT,
    /** The begin of {@code {% … %}}. */
    BLOCK,
    /** The end of either. */
    CLOSE,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    END
  }

  boolean is(Kind wanted, String value) {
    return kind == wanted && text.equals(value);
  }

  /** For messages. */
  String shown() {
    return switch (kind) {
      case END -> "the end of the template";
      case CLOSE -> "the end of the tag";
      case DATA, PRINT, BLOCK -> "a tag";
      default -> "'" + text + "'";
    };
  }
}
