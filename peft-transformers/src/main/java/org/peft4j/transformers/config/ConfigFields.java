package org.peft4j.transformers.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.peft4j.error.PeftException;

/**
 * The fields of a {@code config.json}, read with their types checked. Problems are collected, so
 * that one exception tells all of them.
 */
final class ConfigFields {
  private final String source;
  private final JsonNode json;
  private final List<String> problems;

  ConfigFields(String source, JsonNode json) {
    this(source, json, new ArrayList<>());
  }

  private ConfigFields(String source, JsonNode json, List<String> problems) {
    this.source = source;
    this.json = json;
    this.problems = problems;
  }

  /** The object in field {@code name}; its problems are this one's. */
  ConfigFields object(String name) {
    return new ConfigFields(source, json.path(name), problems);
  }

  boolean has(String name) {
    return json.hasNonNull(name);
  }

  boolean isNull(String name) {
    return json.path(name).isNull();
  }

  int positive(String name) {
    JsonNode node = json.path(name);
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 1) {
      problem(name, "a positive integer");
      return 1;
    }
    return node.intValue();
  }

  int positive(String name, int absent) {
    return has(name) ? positive(name) : absent;
  }

  double positiveNumber(String name) {
    JsonNode node = json.path(name);
    if (!node.isNumber() || !(node.doubleValue() > 0) || Double.isInfinite(node.doubleValue())) {
      problem(name, "a positive number");
      return 1;
    }
    return node.doubleValue();
  }

  double positiveNumber(String name, double absent) {
    return has(name) ? positiveNumber(name) : absent;
  }

  boolean flag(String name, boolean absent) {
    if (has(name) && !json.path(name).isBoolean()) {
      problem(name, "true or false");
    }
    return json.path(name).asBoolean(absent);
  }

  String text(String name, String absent) {
    if (has(name) && !json.path(name).isTextual()) {
      problem(name, "a string");
    }
    return has(name) ? json.path(name).asText() : absent;
  }

  OptionalInt token(String name) {
    List<Integer> ids = tokens(name);
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.get(0));
  }

  /** One id, or a list of ids, or none. */
  List<Integer> tokens(String name) {
    List<Integer> ids = new ArrayList<>();
    if (has(name)) {
      Iterable<JsonNode> nodes =
          json.path(name).isArray() ? json.path(name) : List.of(json.path(name));
      for (JsonNode node : nodes) {
        if (node.isInt() && node.intValue() >= -1) {
          ids.add(node.intValue());
        } else {
          problem(name, "a token id or a list of them");
        }
      }
      ids.removeIf(id -> id < 0);
    }
    return ids;
  }

  /** A list of strings, or none. */
  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (JsonNode node : json.path(name)) {
      if (node.isTextual()) {
        texts.add(node.asText());
      } else {
        problem(name, "a list of strings");
      }
    }
    return texts;
  }

  /** An object of strings by their numbers from 0 on, in the order of the numbers; or none. */
  List<String> numbered(String name) {
    List<String> texts = new ArrayList<>();
    JsonNode object = json.path(name);
    for (int i = 0; i < object.size(); i++) {
      texts.add(object.path(Integer.toString(i)).asText(""));
    }
    if (has(name) && (!object.isObject() || texts.contains(""))) {
      problem(name, "an object of names by their numbers, 0 and up");
    }
    return texts;
  }

  /** Adds a problem unless field {@code name} is absent, null, or {@code only}. */
  void refuseUnless(String name, Object only) {
    if (has(name) && !json.path(name).asText().equals(only.toString())) {
      problem(name, "only " + only + "; nothing else is supported");
    }
  }

  void refuseOtherThanOne(String name) {
    check(!has(name) || json.path(name).asDouble() == 1, name, "only 1; nothing else is supported");
  }

  void check(boolean good, String name, String allowed) {
    if (!good) {
      problem(name, allowed);
    }
  }

  private void problem(String name, String allowed) {
    JsonNode node = json.path(name);
    String value = node.isMissingNode() ? "missing" : node.toString();
    problems.add(name + " is " + value + "; allowed: " + allowed + ".");
  }

  /**
   * @param cannot what the model cannot: {@code can be run here}
   * @throws PeftException if there was any problem
   */
  void throwProblems(String cannot) {
    if (!problems.isEmpty()) {
      throw new PeftException(
          source + " describes no model that " + cannot + ": " + String.join(" ", problems));
    }
  }
}
