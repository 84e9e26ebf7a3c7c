package org.peft4j.chat.internal;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.peft4j.chat.internal.value.None;
import org.peft4j.error.PeftException;

/** Values as JSON has them, as those of templates: copies, so that nobody changes them later. */
public final class ChatValues {
  private static final int DEEPEST = 200;

  private ChatValues() {}

  /**
   * A value for templates.
   *
   * @param value null, a boolean, a number, a string, a list or a map of these
   * @throws PeftException if it is something else, or nested too deep
   */
  public static Object of(@Nullable Object value) {
    return of(value, 0);
  }

  private static Object of(@Nullable Object value, int depth) {
    if (depth > DEEPEST) {
      throw new PeftException("A message nests values more than " + DEEPEST + " deep, the limit.");
    }
    if (value == null || value == None.NONE) {
      return None.NONE;
    }
    if (value instanceof String || value instanceof Boolean || value instanceof Long) {
      return value;
    }
    if (value instanceof Number number) {
      return number(number);
    }
    if (value instanceof List<?> list) {
      List<Object> items = new ArrayList<>();
      list.forEach(item -> items.add(of(item, depth + 1)));
      return Collections.unmodifiableList(items);
    }
    if (value instanceof Map<?, ?> map) {
      return map(map, depth);
    }
    throw new PeftException(
        "A message holds a value of "
            + value.getClass().getName()
            + "; allowed: what JSON has, as null, booleans, numbers, strings, lists and maps.");
  }

  /** A map for templates. */
  public static Map<String, Object> map(Map<?, ?> map) {
    return map(map, 0);
  }

  private static Map<String, Object> map(Map<?, ?> map, int depth) {
    Map<String, Object> fields = new LinkedHashMap<>();
    map.forEach(
        (key, field) -> {
          if (!(key instanceof String name)) {
            throw new PeftException("A message has the field " + key + "; allowed: strings.");
          }
          fields.put(name, of(field, depth + 1));
        });
    return Collections.unmodifiableMap(fields);
  }

  private static Object number(Number number) {
    if (number instanceof Double || number instanceof Float || number instanceof BigDecimal) {
      return number.doubleValue();
    }
    if (number instanceof BigInteger large && large.bitLength() > 63) {
      return large;
    }
    return number.longValue();
  }
}
