package org.peft4j.chat.internal.function;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Arithmetic;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Comparison;
import org.peft4j.chat.internal.value.Generator;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Undefined;
import org.peft4j.chat.internal.value.Values;

/** jinja2's filters of lists and dictionaries. */
final class ListFilters {
  static final Map<String, Filters.Filter> ALL = new LinkedHashMap<>();

  static {
    ALL.put("list", (budget, value, a) -> Values.items(budget, value));
    ALL.put("first", (budget, value, a) -> end(budget, value, true));
    ALL.put("last", (budget, value, a) -> end(budget, value, false));
    ALL.put("join", ListFilters::join);
    ALL.put("reverse", (budget, value, a) -> reverse(budget, value));
    ALL.put("items", (budget, value, a) -> items(budget, value));
    ALL.put("dictsort", ListFilters::dictSort);
    ALL.put("sort", ListFilters::sort);
    ALL.put("unique", ListFilters::unique);
    ALL.put("min", (budget, value, a) -> extreme(budget, value, a, -1));
    ALL.put("max", (budget, value, a) -> extreme(budget, value, a, 1));
    ALL.put("sum", ListFilters::sum);
    ALL.put("map", ListFilters::map);
    ALL.put("select", (budget, value, a) -> select(budget, value, a, false, true));
    ALL.put("reject", (budget, value, a) -> select(budget, value, a, false, false));
    ALL.put("selectattr", (budget, value, a) -> select(budget, value, a, true, true));
    ALL.put("rejectattr", (budget, value, a) -> select(budget, value, a, true, false));
    ALL.put("groupby", ListFilters::groupBy);
    ALL.put("batch", ListFilters::batch);
  }

  private ListFilters() {}

  private static Object end(Budget budget, Object value, boolean first) {
    if (!first && value instanceof Generator) {
      throw new TemplateProblem("asks for the last of a generator; make it a list");
    }
    List<Object> items = Values.items(budget, value);
    return items.isEmpty()
        ? new Undefined("an empty list has no " + (first ? "first" : "last") + " item")
        : items.get(first ? 0 : items.size() - 1);
  }

  private static Object join(Budget budget, Object value, Arguments arguments) {
    arguments.only("join", "d", "attribute");
    String separator = arguments.get(0, "d").map(d -> PythonText.str(budget, d)).orElse("");
    Optional<Object> attribute = attribute(arguments, 1);
    StringBuilder out = new StringBuilder();
    boolean first = true;
    for (Object item : Values.items(budget, value)) {
      String text = PythonText.str(budget, part(budget, item, attribute));
      budget.characters((long) text.length() + separator.length());
      out.append(first ? "" : separator).append(text);
      first = false;
    }
    return out.toString();
  }

  private static Optional<Object> attribute(Arguments arguments, int position) {
    return arguments.get(position, "attribute").filter(value -> value != None.NONE);
  }

  private static Object part(Budget budget, Object item, Optional<Object> attribute) {
    return part(budget, item, attribute, Optional.empty());
  }

  /**
   * An item, or its attribute: names and numbers with dots between.
   *
   * @param otherwise in place of what is undefined on the way
   */
  private static Object part(
      Budget budget, Object item, Optional<Object> attribute, Optional<Object> otherwise) {
    if (attribute.isEmpty()) {
      return item;
    }
    Object value = item;
    for (String name : PythonText.str(budget, attribute.get()).split("\\.", -1)) {
      boolean number = !name.isEmpty() && name.chars().allMatch(c -> c >= '0' && c <= '9');
      Object key = number && name.length() < 10 ? (Object) Long.valueOf(name) : name;
      value = Attributes.item(budget, value, key);
      value = value instanceof Undefined ? otherwise.orElse(value) : value;
    }
    return value;
  }

  private static Object reverse(Budget budget, Object value) {
    List<Object> items = Values.items(budget, value);
    Collections.reverse(items);
    return value instanceof String
        ? budget.text(String.join("", items.stream().map(item -> (String) item).toList()))
        : new Generator("list_reverseiterator", items);
  }

  private static Object items(Budget budget, Object value) {
    if (value instanceof Undefined) {
      return new Generator("generator", List.of());
    }
    if (!(value instanceof Map<?, ?> map)) {
      throw new TemplateProblem(
          "asks for the items of " + Values.type(value) + "; allowed: a dictionary");
    }
    return new Generator("generator", Attributes.items(budget, map));
  }

  private static Object folded(Object value, boolean caseSensitive) {
    return value instanceof String text && !caseSensitive ? text.toLowerCase(Locale.ROOT) : value;
  }

  private static Object dictSort(Budget budget, Object value, Arguments arguments) {
    arguments.only("dictsort", "case_sensitive", "by", "reverse");
    if (!(value instanceof Map<?, ?> map)) {
      throw new TemplateProblem("sorts " + Values.type(value) + " as a dictionary");
    }
    boolean exact = arguments.truth(0, "case_sensitive", false);
    int by = arguments.text(1, "by").orElse("key").equals("value") ? 1 : 0;
    return sorted(
        budget,
        Attributes.items(budget, map),
        pair -> folded(((Tuple) pair).get(by), exact),
        arguments.truth(2, "reverse", false));
  }

  private interface Key {
    Object of(Object item);
  }

  private static List<Object> sorted(Budget budget, List<Object> items, Key key, boolean reverse) {
    Comparator<Object> order = (a, b) -> Comparison.order(budget, key.of(a), key.of(b));
    try {
      items.sort(reverse ? order.reversed() : order);
    } catch (IllegalArgumentException e) {
      throw new TemplateProblem("sorts values that have no order");
    }
    return items;
  }

  private static Object sort(Budget budget, Object value, Arguments arguments) {
    arguments.only("sort", "reverse", "case_sensitive", "attribute");
    boolean exact = arguments.truth(1, "case_sensitive", false);
    Optional<Object> attribute = attribute(arguments, 2);
    return sorted(
        budget,
        Values.items(budget, value),
        item -> folded(part(budget, item, attribute), exact),
        arguments.truth(0, "reverse", false));
  }

  private static Object unique(Budget budget, Object value, Arguments arguments) {
    arguments.only("unique", "case_sensitive", "attribute");
    boolean exact = arguments.truth(0, "case_sensitive", false);
    Optional<Object> attribute = attribute(arguments, 1);
    List<Object> seen = new ArrayList<>();
    List<Object> unique = new ArrayList<>();
    for (Object item : Values.items(budget, value)) {
      Object key = folded(part(budget, item, attribute), exact);
      if (!Comparison.contains(budget, seen, key)) {
        seen.add(key);
        unique.add(item);
      }
    }
    return new Generator("generator", unique);
  }

  private static Object extreme(Budget budget, Object value, Arguments arguments, int sign) {
    arguments.only("min or max", "case_sensitive", "attribute");
    boolean exact = arguments.truth(0, "case_sensitive", false);
    Optional<Object> attribute = attribute(arguments, 1);
    Object best = new Undefined("an empty list has no least or greatest item");
    boolean first = true;
    for (Object item : Values.items(budget, value)) {
      Object key = folded(part(budget, item, attribute), exact);
      if (first
          || sign * Comparison.order(budget, key, folded(part(budget, best, attribute), exact))
              > 0) {
        best = item;
      }
      first = false;
    }
    return best;
  }

  private static Object sum(Budget budget, Object value, Arguments arguments) {
    arguments.only("sum", "attribute", "start");
    Optional<Object> attribute = attribute(arguments, 0);
    Object sum = arguments.get(1, "start").orElse(0L);
    for (Object item : Values.items(budget, value)) {
      sum = Arithmetic.number("+", sum, part(budget, item, attribute));
    }
    return sum;
  }

  /** What is false has no items for these filters, even if it could have none. */
  private static List<Object> itemsIfAny(Budget budget, Object value) {
    return Values.truth(value) ? Values.items(budget, value) : List.of();
  }

  private static Object map(Budget budget, Object value, Arguments arguments) {
    Optional<Object> attribute = Optional.ofNullable(arguments.named().get("attribute"));
    List<Object> mapped = new ArrayList<>();
    for (Object item : itemsIfAny(budget, value)) {
      if (attribute.isPresent() && arguments.positional().isEmpty()) {
        Optional<Object> otherwise = Optional.ofNullable(arguments.named().get("default"));
        mapped.add(part(budget, item, attribute, otherwise));
      } else {
        String filter = PythonText.str(budget, arguments.require(0, "filter"));
        mapped.add(Filters.apply(budget, item, filter, arguments.from(1)));
      }
    }
    return new Generator("generator", mapped);
  }

  private static Object select(
      Budget budget, Object value, Arguments arguments, boolean byAttribute, boolean wanted) {
    Optional<Object> attribute =
        byAttribute ? Optional.of(arguments.require(0, "attribute")) : Optional.empty();
    Arguments test = arguments.from(byAttribute ? 1 : 0);
    List<Object> selected = new ArrayList<>();
    for (Object item : itemsIfAny(budget, value)) {
      Object part = part(budget, item, attribute);
      boolean passes =
          test.positional().isEmpty()
              ? Values.truth(part)
              : Tests.passes(
                  budget, part, PythonText.str(budget, test.positional().get(0)), test.from(1));
      if (passes == wanted) {
        selected.add(item);
      }
    }
    return new Generator("generator", selected);
  }

  private static Object groupBy(Budget budget, Object value, Arguments arguments) {
    arguments.only("groupby", "attribute", "default", "case_sensitive");
    Optional<Object> attribute = Optional.of(arguments.require(0, "attribute"));
    boolean exact = arguments.truth(2, "case_sensitive", false);
    Key key =
        item -> {
          Object part = part(budget, item, attribute);
          return part instanceof Undefined ? arguments.get(1, "default").orElse(part) : part;
        };
    List<Object> groups = new ArrayList<>();
    List<Object> group = new ArrayList<>();
    Object last = None.NONE;
    for (Object item :
        sorted(budget, Values.items(budget, value), i -> folded(key.of(i), exact), false)) {
      Object own = key.of(item);
      if (!group.isEmpty() && !Comparison.equal(budget, folded(own, exact), folded(last, exact))) {
        groups.add(Tuple.of(List.of(last, group)));
        group = new ArrayList<>();
      }
      last = group.isEmpty() ? own : last;
      group.add(item);
    }
    if (!group.isEmpty()) {
      groups.add(Tuple.of(List.of(last, group)));
    }
    return groups;
  }

  private static Object batch(Budget budget, Object value, Arguments arguments) {
    arguments.only("batch", "linecount", "fill_with");
    long size = Values.whole(arguments.require(0, "linecount"));
    Optional<Object> fill = arguments.get(1, "fill_with").filter(f -> f != None.NONE);
    List<Object> batches = new ArrayList<>();
    List<Object> batch = new ArrayList<>();
    for (Object item : Values.items(budget, value)) {
      if (batch.size() == size) {
        batches.add(batch);
        batch = new ArrayList<>();
      }
      batch.add(item);
    }
    if (!batch.isEmpty()) {
      if (fill.isPresent()) {
        budget.characters(Math.max(0, size - batch.size()));
      }
      while (fill.isPresent() && batch.size() < size) {
        batch.add(fill.get());
      }
      batches.add(batch);
    }
    return new Generator("generator", batches);
  }
}
