package org.peft4j.train.internal;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonText;

/** Reads a {@link Position} from JSON and collects everything that is wrong with it. */
final class PositionReader {
  private static final Set<String> FIELDS =
      Set.of(
          "history",
          "active",
          "settings",
          "dataChecksum",
          "dataPosition",
          "maskSeed",
          "maskPasses");

  private final Path file;
  private final JsonNode root;
  private final List<String> problems = new ArrayList<>();

  PositionReader(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads all fields.
   *
   * @throws PeftException if one is missing, unknown or impossible; names every such field
   */
  Position read() {
    if (!root.isObject()) {
      throw new PeftException(file + " holds " + JsonText.shown(root) + "; needed: a JSON object.");
    }
    root.fieldNames()
        .forEachRemaining(
            name -> {
              if (!FIELDS.contains(name)) {
                problems.add(Quoted.quoted(name) + " is unknown.");
              }
            });
    Position position =
        new Position(
            new HistoryReader(root.path("history"), problems).read(),
            active(),
            settings(),
            number("dataChecksum", Long.MIN_VALUE),
            dataPosition(),
            number("maskSeed", Long.MIN_VALUE),
            number("maskPasses", 0));
    if (!problems.isEmpty()) {
      throw new PeftException(
          file + " is broken: " + String.join(" ", problems) + " Resume from another checkpoint.");
    }
    return position;
  }

  private long number(String field, long least) {
    JsonNode node = root.path(field);
    if (node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= least) {
      return node.longValue();
    }
    return problem(field, node, least == 0 ? "a whole number, 0 and above" : "a whole number", 0L);
  }

  private List<String> active() {
    JsonNode node = root.path("active");
    if (!node.isArray()) {
      return problem("active", node, "an array of adapters' names", List.of());
    }
    List<String> names = new ArrayList<>();
    for (JsonNode name : node) {
      names.add(
          name.isTextual()
              ? name.textValue()
              : problem("active[" + names.size() + "]", name, "an adapter's name", ""));
    }
    return names;
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    object("settings")
        .forEach((name, node) -> settings.put(name, scalar("settings." + name, node)));
    return settings;
  }

  private Object scalar(String name, JsonNode node) {
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return node.longValue();
    }
    if (node.isFloatingPointNumber()) {
      return node.doubleValue();
    }
    if (node.isBoolean()) {
      return node.booleanValue();
    }
    return node.isTextual()
        ? node.textValue()
        : problem(name, node, "a number, true, false or a string", "");
  }

  private Map<String, Long> dataPosition() {
    Map<String, Long> position = new LinkedHashMap<>();
    object("dataPosition")
        .forEach(
            (name, node) ->
                position.put(
                    name,
                    node.isIntegralNumber() && node.canConvertToLong()
                        ? node.longValue()
                        : problem("dataPosition." + name, node, "a whole number", 0L)));
    return position;
  }

  private Map<String, JsonNode> object(String field) {
    JsonNode node = root.path(field);
    if (!node.isObject()) {
      return problem(field, node, "an object", Map.of());
    }
    Map<String, JsonNode> values = new LinkedHashMap<>();
    node.properties().forEach(entry -> values.put(entry.getKey(), entry.getValue()));
    return values;
  }

  private <T> T problem(String field, JsonNode node, String needed, T instead) {
    problems.add(
        node.isMissingNode()
            ? field + " is missing; needed: " + needed + "."
            : field + " is " + JsonText.shown(node) + "; needed: " + needed + ".");
    return instead;
  }
}
