package org.peft4j.internal.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.peft4j.config.PeftConfig;

/**
 * Fields of an {@code adapter_config.json} that this library does not know, such as those of a
 * newer Hugging Face PEFT: kept and written back, but not applied, so a value that turns something
 * on is told.
 */
public final class UnknownFields {
  private UnknownFields() {}

  /** A warning that names the fields, if there are any. */
  static Optional<String> warning(PeftConfig config) {
    Map<String, JsonNode> fields = of(config);
    return fields.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "adapter_config.json has fields that are not known here and not applied: %s. If the adapter needs them, its outputs are not Python's."
                .formatted(
                    fields.entrySet().stream()
                        .map(field -> field.getKey() + " " + shown(field.getValue()))
                        .sorted()
                        .collect(Collectors.joining(", "))));
  }

  /** The unknown fields that turn something on: not null, false or empty. */
  public static Map<String, JsonNode> of(PeftConfig config) {
    return config.common().unknown().entrySet().stream()
        .filter(field -> !isOff(field.getValue()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  private static boolean isOff(JsonNode value) {
    return value.isNull()
        || value.isBoolean() && !value.booleanValue()
        || value.isContainerNode() && value.isEmpty();
  }

  private static String shown(JsonNode value) {
    String text = value.toString();
    return text.length() <= 60 ? text : text.substring(0, 57) + "…";
  }
}
