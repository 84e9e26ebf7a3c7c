package org.peft4j.internal.pattern;

/** What is wrong with a regular expression, as the end of a sentence. */
public final class PatternError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PatternError(String message) {
    super(message);
  }

  PatternError(String message, int at) {
    this(message + " at character " + (at + 1));
  }

  /** The reason, which is always there. */
  public String reason() {
    return String.valueOf(getMessage());
  }
}
