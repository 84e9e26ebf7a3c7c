package org.peft4j.chat.internal.value;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What Python says of a value: its truth, length, items, type. */
public final class Values {
  private Values() {}

  public static boolean truth(Object value) {
    if (value instanceof Boolean truth) {
      return truth;
    }
    if (value instanceof String text) {
      return !text.isEmpty();
    }
    if (value instanceof List<?> list) {
      return !list.isEmpty();
    }
    if (value instanceof Map<?, ?> map) {
      return !map.isEmpty();
    }
    if (value instanceof Long number) {
      return number != 0;
    }
    if (value instanceof Double number) {
      return number != 0;
    }
    if (value instanceof DictView view) {
      return !view.items().isEmpty();
    }
    if (value instanceof SafeText safe) {
      return !safe.text().isEmpty();
    }
    return value != None.NONE && !(value instanceof Undefined);
  }

  /** Python's {@code len()}. */
  public static long length(Object value) {
    if (value instanceof String text) {
      return text.codePointCount(0, text.length());
    }
    if (value instanceof List<?> list) {
      return list.size();
    }
    if (value instanceof Map<?, ?> map) {
      return map.size();
    }
    if (value instanceof DictView view) {
      return view.items().size();
    }
    if (value instanceof SafeText safe) {
      return length(safe.text());
    }
    if (value instanceof Undefined) {
      return 0;
    }
    throw new TemplateProblem(type(value) + " has no length");
  }

  /** The value of a key in a dictionary. */
  public static Optional<Object> find(Map<?, ?> map, Object key) {
    return Optional.ofNullable(map.get(key));
  }

  /** Whether {@link #items} takes a value. */
  public static boolean iterable(Object value) {
    return value instanceof String
        || value instanceof List<?>
        || value instanceof Map<?, ?>
        || value instanceof DictView
        || value instanceof Generator
        || value instanceof Undefined
        || value instanceof SafeText;
  }

  /** The items that Python's {@code for} would visit. A generator is used up. */
  public static List<Object> items(Budget budget, Object value) {
    List<Object> items = new ArrayList<>();
    if (value instanceof List<?> list) {
      budget.steps(list.size());
      items.addAll(list);
    } else if (value instanceof Map<?, ?> map) {
      budget.steps(map.size());
      items.addAll(map.keySet());
    } else if (value instanceof DictView view) {
      budget.steps(view.items().size());
      items.addAll(view.items());
    } else if (value instanceof String text) {
      budget.steps(text.length());
      text.codePoints().forEach(point -> items.add(Character.toString(point)));
    } else if (value instanceof Generator generator) {
      for (Iterator<Object> rest = generator.items(); rest.hasNext(); ) {
        budget.step();
        items.add(rest.next());
      }
    } else if (value instanceof SafeText safe) {
      return items(budget, safe.text());
    } else if (!(value instanceof Undefined)) {
      throw new TemplateProblem(type(value) + " is not iterable");
    }
    return items;
  }

  /** A whole number that fits: {@code True} is 1. */
  public static long whole(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    if (value instanceof Boolean truth) {
      return truth ? 1 : 0;
    }
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
    throw new TemplateProblem(type(value) + " is no whole number, and one is needed");
  }

  /** The name of a type in Python, for messages. */
  public static String type(Object value) {
    if (value == None.NONE) {
      return "None";
    }
    if (value instanceof String || value instanceof SafeText) {
      return "a string";
    }
    if (value instanceof Boolean) {
      return "a boolean";
    }
    if (value instanceof Long || value instanceof BigInteger) {
      return "an integer";
    }
    if (value instanceof Double) {
      return "a float";
    }
    if (value instanceof Tuple) {
      return "a tuple";
    }
    if (value instanceof List<?>) {
      return "a list";
    }
    if (value instanceof Map<?, ?>) {
      return "a dictionary";
    }
    if (value instanceof Generator) {
      return "a generator";
    }
    if (value instanceof Undefined) {
      return "an undefined value";
    }
    return value instanceof Callable ? "a function" : "an object";
  }
}
