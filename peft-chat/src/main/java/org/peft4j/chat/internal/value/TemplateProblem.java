package org.peft4j.chat.internal.value;

/** What a template does wrong; the template adds the line. */
public final class TemplateProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public TemplateProblem(String message) {
    super(message, null, false, false);
  }
}
