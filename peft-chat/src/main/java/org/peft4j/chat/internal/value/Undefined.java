package org.peft4j.chat.internal.value;

/**
 * A name or field that is not there, as jinja2's {@code Undefined}: empty when printed or iterated,
 * false, and an error when anything else is done with it.
 *
 * @param problem what the error says
 */
public record Undefined(String problem) {
  /** A name that nobody set. */
  public static Undefined name(String name) {
    return new Undefined("'" + name + "' is undefined");
  }

  /** The error of its use. */
  public TemplateProblem used() {
    return new TemplateProblem(problem);
  }
}
