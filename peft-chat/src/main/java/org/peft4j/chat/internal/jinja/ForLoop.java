package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.chat.internal.value.Values;

/** {@code for target in items if condition}, with {@code else} for no item. */
record ForLoop(
    Target target,
    Expression items,
    Optional<Expression> condition,
    Statement body,
    Statement otherwise,
    boolean recursive)
    implements Statement {
  @Override
  public Flow run(Frame frame) {
    loop(frame, items.in(frame), 0);
    return Flow.NEXT;
  }

  private void loop(Frame frame, Object over, int depth) {
    List<Object> chosen = chosen(frame, Values.items(frame.budget(), over));
    if (chosen.isEmpty()) {
      otherwise.run(frame.inner());
      return;
    }
    Loop loop =
        new Loop(
            chosen,
            depth,
            recursive
                ? Optional.of(
                    (budget, arguments) -> {
                      Frame deeper = frame.capturing();
                      budget.enter();
                      loop(deeper, arguments.require(0, "items"), depth + 1);
                      budget.leave();
                      return deeper.output().toString();
                    })
                : Optional.empty());
    for (Object item : chosen) {
      frame.budget().step();
      loop.advance();
      Frame each = frame.inner();
      each.set("loop", loop);
      target.set(each, item);
      if (body.run(each) == Flow.BREAK) {
        break;
      }
    }
  }

  private List<Object> chosen(Frame frame, List<Object> all) {
    if (condition.isEmpty()) {
      return all;
    }
    List<Object> chosen = new ArrayList<>();
    for (Object item : all) {
      Frame each = frame.inner();
      target.set(each, item);
      if (Values.truth(condition.get().in(each))) {
        chosen.add(item);
      }
    }
    return chosen;
  }
}
