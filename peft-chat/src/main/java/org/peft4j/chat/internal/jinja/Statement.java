package org.peft4j.chat.internal.jinja;

import java.util.List;

/** What a tag does. */
@FunctionalInterface
interface Statement {
  /** How a loop goes on. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  Flow run(Frame frame);

  /** Several, one after the other. */
  static Statement all(List<Statement> statements) {
    List<Statement> own = List.copyOf(statements);
    return frame -> {
      for (Statement statement : own) {
        frame.budget().step();
        Flow flow = statement.run(frame);
        if (flow != Flow.NEXT) {
          return flow;
        }
      }
      return Flow.NEXT;
    };
  }
}
