package org.peft4j.transformers.internal.tokenizer.check;

import static org.peft4j.internal.Quoted.quoted;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.peft4j.error.PeftException;

/**
 * An object of a {@code tokenizer.json}. Every getter checks the type; {@link #end} refuses fields
 * that no getter asked for. A field that is {@code null} is as good as a missing one.
 */
final class Fields {
  /** Longer than any separator, replacement or marker of a sound file. */
  static final int MAX_TEXT = 1000;

  private final ObjectNode object;
  private final String where;
  private final Set<String> known = new HashSet<>();

  private Fields(ObjectNode object, String where) {
    this.object = object;
    this.where = where;
  }

  static Fields of(JsonNode node, String where) {
    if (node instanceof ObjectNode object) {
      return new Fields(object, where);
    }
    throw new PeftException(
        where + " is " + quoted(node.toString()) + "; allowed: an object with its fields.");
  }

  String where() {
    return where;
  }

  JsonNode node(String name) {
    known.add(name);
    JsonNode value = object.path(name);
    return value.isNull() ? MissingNode.getInstance() : value;
  }

  Optional<Fields> object(String name) {
    JsonNode value = node(name);
    return value.isMissingNode() ? Optional.empty() : Optional.of(of(value, at(name)));
  }

  String text(String name) {
    return optionalText(name).orElseThrow(() -> problem(name, "a text"));
  }

  Optional<String> optionalText(String name) {
    JsonNode value = node(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isTextual() || value.textValue().length() > MAX_TEXT) {
      throw problem(name, "a text of up to " + MAX_TEXT + " characters");
    }
    WholeText.require(value.textValue(), at(name));
    return Optional.of(value.textValue());
  }

  /** A text of one Unicode character. */
  String character(String name) {
    String text = text(name);
    if (text.codePointCount(0, text.length()) != 1) {
      throw problem(name, "one character");
    }
    return text;
  }

  boolean flag(String name, boolean otherwise) {
    JsonNode value = node(name);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isBoolean()) {
      throw problem(name, "true or false");
    }
    return value.booleanValue();
  }

  Optional<Integer> integer(String name, int min, int max) {
    JsonNode value = node(name);
    if (value.isMissingNode()) {
      return Optional.empty();
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < min
        || value.intValue() > max) {
      throw problem(name, "an integer from " + min + " to " + max);
    }
    return Optional.of(value.intValue());
  }

  String oneOf(String name, String... values) {
    String text = text(name);
    if (!List.of(values).contains(text)) {
      throw problem(name, String.join(", ", values));
    }
    return text;
  }

  List<JsonNode> list(String name, int max) {
    JsonNode value = node(name);
    if (!value.isArray() || value.size() > max) {
      throw problem(name, "a list of up to " + max + " entries");
    }
    List<JsonNode> entries = new ArrayList<>();
    value.forEach(entries::add);
    return entries;
  }

  /** Fails if there are fields that nothing asked for. */
  void end() {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw new PeftException(
                    where + " has an unknown field " + quoted(name) + "; known: " + known + ".");
              }
            });
  }

  String at(String name) {
    return where + (where.endsWith(":") ? " " : ".") + name;
  }

  PeftException problem(String name, String allowed) {
    JsonNode value = object.path(name);
    String given = value.isMissingNode() ? "is missing" : "is " + quoted(value.toString());
    return new PeftException(at(name) + " " + given + "; allowed: " + allowed + ".");
  }

  PeftException unknownKind(String kind, String kinds) {
    return new PeftException(
        where + " is of kind " + quoted(kind) + ", which is not supported. Supported: " + kinds);
  }
}
