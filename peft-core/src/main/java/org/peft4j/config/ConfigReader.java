package org.peft4j.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.peft4j.internal.json.JsonText;

/**
 * Reads the fields of an {@code adapter_config.json} one by one, each with its type, and gathers
 * what is wrong. A field that nobody asked for is unknown: kept, never interpreted.
 */
public final class ConfigReader {
  private final ObjectNode json;
  private final Set<String> asked = new LinkedHashSet<>();
  private final List<String> problems = new ArrayList<>();

  public ConfigReader(ObjectNode json) {
    this.json = json;
  }

  /** What was wrong so far. */
  List<String> problems() {
    return problems;
  }

  /** The fields that were not asked for. */
  Map<String, JsonNode> unknown() {
    Map<String, JsonNode> unknown = new LinkedHashMap<>();
    json.properties()
        .forEach(
            field -> {
              if (!asked.contains(field.getKey())) {
                unknown.put(field.getKey(), field.getValue());
              }
            });
    return unknown;
  }

  /** The field as it is, absent if null. */
  Optional<JsonNode> any(String name) {
    asked.add(name);
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /** The field, absent if null; a problem if it is of another type. */
  <T> Optional<T> read(String name, FieldType<T> type) {
    Optional<JsonNode> value = any(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    T converted = type.reader().apply(value.get());
    if (converted == null) {
      problems.add(name + " is " + JsonText.shown(value.get()) + "; allowed: " + type.kind() + ".");
    }
    return Optional.ofNullable(converted);
  }

  /** A field of a variant that is not supported: a problem unless it has the value {@code off}. */
  void refuse(String name, JsonNode off, String method) {
    any(name)
        .filter(value -> !isOff(value, off))
        .ifPresent(
            value ->
                problems.add(
                    "%s is set: this variant of %s is not supported; allowed: %s."
                        .formatted(name, method, off)));
  }

  private static boolean isOff(JsonNode value, JsonNode off) {
    if (off.isNull()) {
      return value.isBoolean() && !value.booleanValue()
          || value.isContainerNode() && value.isEmpty();
    }
    return value.equals(off)
        || off.isNumber() && value.isNumber() && value.doubleValue() == off.doubleValue();
  }
}
