package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Callable;
import org.peft4j.chat.internal.value.Comparison;
import org.peft4j.chat.internal.value.Fields;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Undefined;

/** The variable {@code loop}, which is also what a recursive loop calls. */
final class Loop implements Fields, Callable {
  private final List<Object> items;
  private final int depth;
  private final Optional<Callable> recursion;
  private final List<Object> changing = new ArrayList<>();
  private int index = -1;

  Loop(List<Object> items, int depth, Optional<Callable> recursion) {
    this.items = items;
    this.depth = depth;
    this.recursion = recursion;
  }

  void advance() {
    index++;
  }

  @Override
  public Object call(Budget budget, Arguments arguments) {
    return recursion
        .orElseThrow(
            () -> new TemplateProblem("calls loop() in a loop that is not marked recursive"))
        .call(budget, arguments);
  }

  @Override
  public Object field(String name) {
    return switch (name) {
      case "index" -> index + 1L;
      case "index0" -> (long) index;
      case "revindex" -> (long) items.size() - index;
      case "revindex0" -> items.size() - index - 1L;
      case "first" -> index == 0;
      case "last" -> index == items.size() - 1;
      case "length" -> (long) items.size();
      case "depth" -> depth + 1L;
      case "depth0" -> (long) depth;
      case "previtem" ->
          index == 0 ? new Undefined("there is no previous item") : items.get(index - 1);
      case "nextitem" ->
          index == items.size() - 1 ? new Undefined("there is no next item") : items.get(index + 1);
      case "cycle" ->
          (Callable)
              (budget, arguments) -> {
                int count = arguments.positional().size();
                if (count == 0) {
                  throw new TemplateProblem("calls loop.cycle() without values");
                }
                return arguments.positional().get(index % count);
              };
      case "changed" -> (Callable) this::changed;
      default -> new Undefined("loop has no attribute '" + name + "'");
    };
  }

  private Object changed(Budget budget, Arguments arguments) {
    Object now = Tuple.of(arguments.positional());
    boolean changed = changing.isEmpty() || !Comparison.equal(budget, changing.get(0), now);
    changing.clear();
    changing.add(now);
    return changed;
  }
}
