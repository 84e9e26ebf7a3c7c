package org.peft4j.chat.internal.jinja;

import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.TemplateProblem;

/** The text that is written: the result, or what a macro or a block of {@code set} gives. */
final class Output {
  private final StringBuilder text = new StringBuilder();
  private final Budget budget;
  private final int longest;

  Output(Budget budget, int longest) {
    this.budget = budget;
    this.longest = longest;
  }

  void write(String part) {
    if (part.length() > longest - text.length()) {
      throw new TemplateProblem("writes more than " + longest + " characters, the limit");
    }
    budget.characters(part.length());
    text.append(part);
  }

  int length() {
    return text.length();
  }

  /** An empty one with the same limits. */
  Output another() {
    return new Output(budget, longest);
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
