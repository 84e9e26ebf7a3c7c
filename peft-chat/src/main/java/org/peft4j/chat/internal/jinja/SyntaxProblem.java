package org.peft4j.chat.internal.jinja;

/** A template that is none, with the line. */
final class SyntaxProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SyntaxProblem(int line, String message) {
    super("line " + line + " " + message, null, false, false);
  }
}
