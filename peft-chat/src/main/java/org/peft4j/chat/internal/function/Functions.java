package org.peft4j.chat.internal.function;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Callable;
import org.peft4j.chat.internal.value.Namespace;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.Range;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Undefined;
import org.peft4j.chat.internal.value.Values;

/** The functions that every template knows: jinja2's, and those that transformers adds. */
public final class Functions {
  private Functions() {}

  /** All of them, by name. */
  public static Map<String, Object> all(Clock clock) {
    Map<String, Object> all = new LinkedHashMap<>();
    add(all, "range", (budget, arguments) -> range(arguments));
    add(all, "dict", (budget, arguments) -> dict(budget, arguments));
    add(all, "namespace", (budget, arguments) -> new Namespace(dict(budget, arguments)));
    add(
        all,
        "raise_exception",
        (budget, arguments) -> {
          throw new TemplateProblem(
              "refuses the conversation: "
                  + PythonText.str(budget, arguments.require(0, "message")));
        });
    add(
        all,
        "strftime_now",
        (budget, arguments) ->
            budget.text(
                Strftime.of(ZonedDateTime.now(clock), arguments.text(0, "format").orElse(""))));
    return all;
  }

  private static void add(Map<String, Object> all, String name, Callable function) {
    all.put(name, function);
  }

  private static Range range(Arguments arguments) {
    List<Object> given = arguments.only("range", "start", "stop", "step").positional();
    return switch (given.size()) {
      case 1 -> new Range(0, Values.whole(given.get(0)), 1);
      case 2 -> new Range(Values.whole(given.get(0)), Values.whole(given.get(1)), 1);
      case 3 ->
          new Range(
              Values.whole(given.get(0)), Values.whole(given.get(1)), Values.whole(given.get(2)));
      default -> throw new TemplateProblem("range() takes 1 to 3 numbers");
    };
  }

  private static Map<String, Object> dict(Budget budget, Arguments arguments) {
    Map<String, Object> fields = new LinkedHashMap<>();
    for (Object first : arguments.positional()) {
      if (first instanceof Map<?, ?> map) {
        budget.steps(map.size());
        map.forEach((key, value) -> fields.put(PythonText.str(budget, key), value));
        continue;
      }
      for (Object pair : Values.items(budget, first)) {
        List<Object> both = Values.items(budget, pair);
        if (both.size() != 2 || !(both.get(0) instanceof String key)) {
          throw new TemplateProblem("dict() takes pairs of a string and a value");
        }
        fields.put(key, both.get(1));
      }
    }
    fields.putAll(arguments.named());
    return fields;
  }

  /** What calls a value. */
  public static Object call(Budget budget, Object function, Arguments arguments) {
    if (function instanceof Callable callable) {
      return callable.call(budget, arguments);
    }
    if (function instanceof Undefined undefined) {
      throw undefined.used();
    }
    throw new TemplateProblem(
        "calls "
            + (function == None.NONE ? "None" : Values.type(function))
            + ", which is no function");
  }
}
