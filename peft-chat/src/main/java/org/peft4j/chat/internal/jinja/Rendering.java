package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.chat.internal.value.Budget;

/** One run of a template: its output, its budget, and the marks of what was generated. */
final class Rendering {
  private final Budget budget;
  private final Output output;
  private final List<Marked> marks = new ArrayList<>();

  Rendering(Budget budget, int longest) {
    this.budget = budget;
    this.output = new Output(budget, longest);
  }

  Budget budget() {
    return budget;
  }

  Output output() {
    return output;
  }

  List<Marked> marks() {
    return marks;
  }

  /** A {@code generation} block wrote so many characters here. */
  void mark(int length) {
    marks.add(new Marked(output.length(), output.length() + length));
  }
}
