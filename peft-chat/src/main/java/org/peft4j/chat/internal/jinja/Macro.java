package org.peft4j.chat.internal.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Callable;
import org.peft4j.chat.internal.value.Fields;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Undefined;

/** A macro where it was defined: called, it gives the text that its body writes. */
record Macro(Description description, Frame defined) implements Callable, Fields {
  /**
   * What a template says of a macro.
   *
   * @param more whether its body reads {@code varargs}, so that more arguments may come
   * @param moreNamed whether it reads {@code kwargs}
   * @param calls whether it reads {@code caller}
   */
  record Description(
      String name,
      List<Parameter> parameters,
      Statement body,
      boolean more,
      boolean moreNamed,
      boolean calls) {}

  record Parameter(String name, Optional<Expression> otherwise) {}

  @Override
  public Object call(Budget budget, Arguments arguments) {
    budget.enter();
    Frame frame = defined.capturing();
    Map<String, Object> named = new LinkedHashMap<>(arguments.named());
    List<Object> given = arguments.positional();
    List<Parameter> parameters = description.parameters();
    for (int i = 0; i < parameters.size(); i++) {
      String name = parameters.get(i).name();
      Object byName = named.remove(name);
      if (i < given.size() && byName != null) {
        throw new TemplateProblem("calls " + description.name() + "() with two values of " + name);
      }
      frame.set(name, value(frame, parameters.get(i), i < given.size() ? given.get(i) : byName));
    }
    Object caller = named.remove("caller");
    if (description.calls()) {
      frame.set("caller", caller == null ? new Undefined("there is no caller") : caller);
    } else if (caller != null) {
      throw new TemplateProblem("calls " + description.name() + "(), which takes no caller");
    }
    takeMore(frame, given, named);
    description.body().run(frame);
    budget.leave();
    return frame.output().toString();
  }

  private static Object value(Frame frame, Parameter parameter, @Nullable Object given) {
    if (given != null) {
      return given;
    }
    return parameter
        .otherwise()
        .map(expression -> expression.in(frame))
        .orElseGet(() -> new Undefined("parameter '" + parameter.name() + "' was not provided"));
  }

  private void takeMore(Frame frame, List<Object> given, Map<String, Object> named) {
    int taken = description.parameters().size();
    if (given.size() > taken && !description.more()) {
      throw new TemplateProblem(
          "calls %s() with %d arguments; it takes %d"
              .formatted(description.name(), given.size(), taken));
    }
    if (!named.isEmpty() && !description.moreNamed()) {
      throw new TemplateProblem(
          "calls %s() with the argument '%s', which it does not take"
              .formatted(description.name(), named.keySet().iterator().next()));
    }
    if (description.more()) {
      frame.set("varargs", Tuple.of(given.subList(Math.min(taken, given.size()), given.size())));
    }
    if (description.moreNamed()) {
      frame.set("kwargs", named);
    }
  }

  @Override
  public Object field(String name) {
    return switch (name) {
      case "name" -> description.name();
      case "arguments" ->
          Tuple.of(description.parameters().stream().<Object>map(Parameter::name).toList());
      default -> new Undefined("a macro has no attribute '" + name + "'");
    };
  }
}
