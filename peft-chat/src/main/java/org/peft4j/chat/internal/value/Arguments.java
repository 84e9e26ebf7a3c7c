package org.peft4j.chat.internal.value;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The arguments of a call: by position, and by name. */
public record Arguments(List<Object> positional, Map<String, Object> named) {
  public static final Arguments NONE = new Arguments(List.of(), Map.of());

  /** Arguments by position. */
  public static Arguments of(Object... values) {
    return new Arguments(List.of(values), Map.of());
  }

  /** The arguments behind the first {@code count}. */
  public Arguments from(int count) {
    return new Arguments(
        positional.subList(Math.min(count, positional.size()), positional.size()), named);
  }

  /**
   * Checks that there are no other arguments than these parameters.
   *
   * @throws TemplateProblem if there are too many, or one has another name
   */
  public Arguments only(String function, String... parameters) {
    if (positional.size() > parameters.length) {
      throw new TemplateProblem(
          function
              + "() takes "
              + parameters.length
              + " arguments, and is given "
              + positional.size());
    }
    for (String name : named.keySet()) {
      if (!Set.of(parameters).contains(name)) {
        throw new TemplateProblem(function + "() has no argument '" + name + "'");
      }
    }
    return this;
  }

  /** An argument by its position or name. */
  public Optional<Object> get(int position, String name) {
    return position < positional.size()
        ? Optional.of(positional.get(position))
        : Optional.ofNullable(named.get(name));
  }

  /** An argument that must be there. */
  public Object require(int position, String name) {
    return get(position, name)
        .orElseThrow(() -> new TemplateProblem("the argument '" + name + "' is missing"));
  }

  /** A text, or another one where there is none or {@code None}. */
  public Optional<String> text(int position, String name) {
    return get(position, name)
        .filter(value -> value != None.NONE)
        .map(
            value -> {
              if (value instanceof String text) {
                return text;
              }
              throw new TemplateProblem(
                  "the argument '" + name + "' is " + Values.type(value) + "; allowed: a string");
            });
  }

  /** A whole number; empty where there is none or {@code None}. */
  public Optional<Long> number(int position, String name) {
    return get(position, name).filter(value -> value != None.NONE).map(Values::whole);
  }

  /** Whether an argument is true. */
  public boolean truth(int position, String name, boolean otherwise) {
    return get(position, name).map(Values::truth).orElse(otherwise);
  }
}
