package org.peft4j.config;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.peft4j.error.PeftException;

/**
 * Values by module path: {@code rank_pattern} and {@code alpha_pattern}. A key is a regular
 * expression that matches a whole path or its end after a dot. The first matching key counts.
 *
 * @param <T> the values
 */
public final class PatternMap<T> {
  private static final int MAX_KEYS = 10_000;
  private static final int MAX_EXPRESSIONS = 500;

  private final Map<Predicate<String>, T> values = new LinkedHashMap<>();

  /**
   * Reads the keys.
   *
   * @param field the config field, for messages
   * @throws PeftException if one is not a pattern, or there are more than 10,000, or more than 500
   *     that are no plain paths
   */
  public PatternMap(String field, Map<String, T> map) {
    long expressions = map.keySet().stream().filter(key -> !ModulePattern.isPath(key)).count();
    if (map.size() > MAX_KEYS || expressions > MAX_EXPRESSIONS) {
      throw new PeftException(
          "%s has %d keys, %d of them expressions; allowed: up to %d and %d."
              .formatted(field, map.size(), expressions, MAX_KEYS, MAX_EXPRESSIONS));
    }
    map.forEach((key, value) -> values.put(matcher(field, key), value));
  }

  private static Predicate<String> matcher(String field, String key) {
    // Most keys are paths; a model of many has thousands.
    return ModulePattern.isPath(key)
        ? path -> ModulePattern.endsWith(path, key)
        : ModulePattern.suffix(field, key)::matches;
  }

  /** The value for {@code path}, or {@code absent}. */
  public T get(String path, T absent) {
    for (Map.Entry<Predicate<String>, T> entry : values.entrySet()) {
      if (entry.getKey().test(path)) {
        return entry.getValue();
      }
    }
    return absent;
  }
}
