package org.peft4j.chat.internal.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** Python's {@code ==}, {@code <} and {@code in}. */
public final class Comparison {
  private Comparison() {}

  public static boolean equal(Budget budget, Object left, Object right) {
    budget.step();
    if (isNumber(left) && isNumber(right)) {
      return compareNumbers(left, right) == 0 && !isNan(left) && !isNan(right);
    }
    if (left instanceof Undefined || right instanceof Undefined) {
      return left instanceof Undefined && right instanceof Undefined;
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      return left instanceof Tuple == right instanceof Tuple && equalLists(budget, a, b);
    }
    if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
      return equalMaps(budget, a, b);
    }
    return plain(left).equals(plain(right));
  }

  private static Object plain(Object value) {
    return value instanceof SafeText safe ? safe.text() : value;
  }

  private static boolean equalLists(Budget budget, List<?> a, List<?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter();
    Iterator<?> other = b.iterator();
    for (Object item : a) {
      if (!equal(budget, item, other.next())) {
        budget.leave();
        return false;
      }
    }
    budget.leave();
    return true;
  }

  private static boolean equalMaps(Budget budget, Map<?, ?> a, Map<?, ?> b) {
    if (a.size() != b.size()) {
      return false;
    }
    budget.enter();
    for (Map.Entry<?, ?> entry : a.entrySet()) {
      Object other = b.get(entry.getKey());
      if (other == null || !equal(budget, entry.getValue(), other)) {
        budget.leave();
        return false;
      }
    }
    budget.leave();
    return true;
  }

  /** Whether a value counts as a number, as {@code True} does. */
  public static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  private static boolean isNan(Object value) {
    return value instanceof Double number && number.isNaN();
  }

  private static int compareNumbers(Object left, Object right) {
    Object a = left instanceof Boolean ? Long.valueOf(Values.whole(left)) : left;
    Object b = right instanceof Boolean ? Long.valueOf(Values.whole(right)) : right;
    if (a instanceof Long x && b instanceof Long y) {
      return Long.compare(x, y);
    }
    if (infinite(a) || infinite(b)) {
      return Double.compare(((Number) a).doubleValue(), ((Number) b).doubleValue());
    }
    return decimal(a).compareTo(decimal(b));
  }

  private static boolean infinite(Object value) {
    return value instanceof Double number && !Double.isFinite(number);
  }

  private static BigDecimal decimal(Object value) {
    if (value instanceof BigInteger large) {
      return new BigDecimal(large);
    }
    return value instanceof Double number
        ? new BigDecimal(number)
        : BigDecimal.valueOf((Long) value);
  }

  /**
   * Less than 0, 0, or more: of numbers, texts or lists.
   *
   * @throws TemplateProblem if Python has no order for the two
   */
  public static int order(Budget budget, Object left, Object right) {
    budget.step();
    if (isNumber(left) && isNumber(right)) {
      return compareNumbers(left, right);
    }
    if (plain(left) instanceof String a && plain(right) instanceof String b) {
      return compareTexts(a, b);
    }
    if (left instanceof List<?> a
        && right instanceof List<?> b
        && left instanceof Tuple == right instanceof Tuple) {
      for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
        if (!equal(budget, a.get(i), b.get(i))) {
          budget.enter();
          int order = order(budget, a.get(i), b.get(i));
          budget.leave();
          return order;
        }
      }
      return Integer.compare(a.size(), b.size());
    }
    if (left instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.used();
    }
    throw new TemplateProblem(
        "compares " + Values.type(left) + " with " + Values.type(right) + ", which have no order");
  }

  /** By code points, which UTF-16 does not sort by. */
  private static int compareTexts(String a, String b) {
    int length = Math.min(a.length(), b.length());
    for (int i = 0; i < length; i++) {
      if (a.charAt(i) != b.charAt(i)) {
        boolean first = Character.isSurrogate(a.charAt(i));
        boolean second = Character.isSurrogate(b.charAt(i));
        return first == second ? a.charAt(i) - b.charAt(i) : first ? 1 : -1;
      }
    }
    return a.length() - b.length();
  }

  /** Python's {@code item in container}. */
  public static boolean contains(Budget budget, Object container, Object item) {
    if (plain(container) instanceof String text) {
      if (item instanceof Undefined undefined) {
        throw undefined.used();
      }
      if (!(plain(item) instanceof String part)) {
        throw new TemplateProblem("looks for " + Values.type(item) + " in a string");
      }
      budget.steps(text.length() / 16);
      return text.contains(part);
    }
    if (container instanceof Map<?, ?> map && item instanceof String) {
      return map.containsKey(item);
    }
    if (container instanceof Map<?, ?> && (item instanceof List<?> || item instanceof Map<?, ?>)) {
      throw new TemplateProblem(
          "looks for " + Values.type(item) + " among the keys of a dictionary");
    }
    for (Object each : Values.items(budget, container)) {
      if (equal(budget, each, item)) {
        return true;
      }
    }
    return false;
  }
}
