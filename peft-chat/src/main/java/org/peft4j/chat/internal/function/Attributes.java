package org.peft4j.chat.internal.function;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Callable;
import org.peft4j.chat.internal.value.Comparison;
import org.peft4j.chat.internal.value.DictView;
import org.peft4j.chat.internal.value.Fields;
import org.peft4j.chat.internal.value.Namespace;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.Slices;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Undefined;
import org.peft4j.chat.internal.value.Values;

/**
 * {@code value.name} and {@code value[key]} as jinja2's immutable sandbox reads them: methods
 * before fields for a dot, fields before methods for brackets, and no method that changes its
 * value.
 */
public final class Attributes {
  private static final Set<String> CHANGES_A_DICT =
      Set.of("pop", "popitem", "clear", "update", "setdefault");

  private Attributes() {}

  /** {@code value.name}. */
  public static Object attribute(Budget budget, Object value, String name) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (value instanceof Map<?, ?> && CHANGES_A_DICT.contains(name)) {
      return missing(value, name);
    }
    Optional<Object> method = method(value, name);
    if (method.isPresent()) {
      return method.get();
    }
    return value instanceof Map<?, ?> map
        ? Values.find(map, name).orElseGet(() -> missing(value, name))
        : missing(value, name);
  }

  /** {@code value[key]}. */
  public static Object item(Budget budget, Object value, Object key) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (value instanceof Map<?, ?> map && map.containsKey(key)) {
      return Values.find(map, key).orElseThrow();
    }
    if ((value instanceof List<?> || value instanceof String)
        && (key instanceof Long || key instanceof Boolean)) {
      return Slices.item(value, Values.whole(key))
          .orElseGet(() -> missing(value, PythonText.str(budget, key)));
    }
    if (key instanceof String name) {
      return value instanceof Map<?, ?> && CHANGES_A_DICT.contains(name)
          ? missing(value, name)
          : method(value, name).orElseGet(() -> missing(value, name));
    }
    return missing(value, key instanceof Undefined ? "undefined" : PythonText.repr(budget, key));
  }

  private static Undefined missing(Object value, String name) {
    return new Undefined(Values.type(value) + " has no attribute or item '" + name + "' to use");
  }

  private static Optional<Object> method(Object value, String name) {
    if (value instanceof String text) {
      return StringMethods.of(text, name).map(Object.class::cast);
    }
    if (value instanceof Namespace namespace) {
      return Optional.of(namespace.get(name));
    }
    if (value instanceof Fields fields) {
      return Optional.of(fields.field(name));
    }
    if (value instanceof Map<?, ?> map) {
      return ofDict(map, name).map(Object.class::cast);
    }
    return value instanceof List<?> list
        ? ofList(list, name).map(Object.class::cast)
        : Optional.empty();
  }

  private static Optional<Callable> ofDict(Map<?, ?> map, String name) {
    return Optional.ofNullable(
        switch (name) {
          case "items" -> (budget, a) -> new DictView("dict_items", items(budget, map));
          case "keys" -> (budget, a) -> new DictView("dict_keys", Values.items(budget, map));
          case "values" ->
              (budget, a) -> {
                budget.steps(map.size());
                return new DictView("dict_values", new ArrayList<>(map.values()));
              };
          case "get" ->
              (budget, a) -> {
                a.only("get", "key", "default");
                return Values.find(map, a.require(0, "key"))
                    .orElseGet(() -> a.get(1, "default").orElse(None.NONE));
              };
          case "copy" -> (budget, a) -> map;
          default -> null;
        });
  }

  /** The pairs of a dictionary. */
  static List<Object> items(Budget budget, Map<?, ?> map) {
    budget.steps(map.size());
    List<Object> items = new ArrayList<>();
    map.forEach((key, value) -> items.add(Tuple.of(List.of(key, value))));
    return items;
  }

  private static Optional<Callable> ofList(List<?> list, String name) {
    return Optional.ofNullable(
        switch (name) {
          case "index" ->
              (budget, a) -> {
                for (int i = 0; i < list.size(); i++) {
                  if (Comparison.equal(budget, list.get(i), a.require(0, "value"))) {
                    return (long) i;
                  }
                }
                throw new TemplateProblem("index() finds no such item in the list");
              };
          case "count" -> (budget, a) -> count(budget, list, a);
          case "copy" -> list instanceof Tuple ? null : (budget, a) -> list;
          default -> null;
        });
  }

  private static Object count(Budget budget, List<?> list, Arguments arguments) {
    Object wanted = arguments.require(0, "value");
    return list.stream().filter(item -> Comparison.equal(budget, item, wanted)).count();
  }
}
