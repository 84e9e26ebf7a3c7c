package org.peft4j.config;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Values by module path: {@code rank_pattern} and {@code alpha_pattern}. A key is a regular
 * expression that matches a whole path or its end after a dot. The first matching key counts.
 *
 * @param <T> the values
 */
public final class PatternMap<T> {
  private final Map<ModulePattern, T> values = new LinkedHashMap<>();

  public PatternMap(String field, Map<String, T> map) {
    map.forEach((key, value) -> values.put(ModulePattern.suffix(field, key), value));
  }

  /** The value for {@code path}, or {@code absent}. */
  public T get(String path, T absent) {
    for (Map.Entry<ModulePattern, T> entry : values.entrySet()) {
      if (entry.getKey().matches(path)) {
        return entry.getValue();
      }
    }
    return absent;
  }
}
