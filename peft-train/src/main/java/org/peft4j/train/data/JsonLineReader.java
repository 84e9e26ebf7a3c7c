package org.peft4j.train.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.function.Consumer;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;

/** Reads the lines of a JSON Lines file strictly, each within limits. */
final class JsonLineReader {
  private static final int MAX_LINE = 1 << 24;

  private static final JsonReader JSON = JsonReader.upTo(4 * MAX_LINE, MAX_LINE);

  private final Path file;
  private final boolean pairs;
  private int number;

  private JsonLineReader(Path file, boolean pairs) {
    this.file = file;
    this.pairs = pairs;
  }

  /** Lines with {@code text}, or {@code prompt} and {@code completion}. */
  static JsonLineReader ofTexts(Path file) {
    return new JsonLineReader(file, false);
  }

  /** Lines with {@code source} and {@code target}, as prompt and completion. */
  static JsonLineReader ofPairs(Path file) {
    return new JsonLineReader(file, true);
  }

  void forEach(Consumer<JsonExample> consumer) {
    try (Reader reader = Utf8File.reader(file)) {
      StringBuilder line = new StringBuilder();
      number = 1;
      for (int c = reader.read(); c >= 0; c = reader.read()) {
        if (c == '\n') {
          finish(line, consumer);
          number++;
        } else if (line.length() == MAX_LINE) {
          throw problem("has more than " + MAX_LINE + " characters, the most that are read.");
        } else {
          line.append((char) c);
        }
      }
      finish(line, consumer);
    } catch (CharacterCodingException e) {
      throw new PeftException(file + " is not UTF-8 text; convert it first.", e);
    } catch (IOException e) {
      throw Utf8File.failure(file, e);
    }
  }

  private void finish(StringBuilder line, Consumer<JsonExample> consumer) {
    String text = line.toString();
    line.setLength(0);
    if (!text.isBlank()) {
      consumer.accept(example(parse(text)));
    }
  }

  private JsonNode parse(String text) {
    JsonNode node = JSON.parse(text, file + ", line " + number);
    if (!node.isObject()) {
      throw problem("is not a JSON object: " + Quoted.quoted(text) + ".");
    }
    return node;
  }

  private JsonExample example(JsonNode node) {
    if (pairs) {
      if (node.has("source") && node.has("target")) {
        return new JsonExample(number, text(node, "source"), text(node, "target"), task(node));
      }
      throw problem(
          "has not both of \"source\" and \"target\", which an encoder-decoder learns from. Its"
              + " fields: "
              + Quoted.quoted(fields(node))
              + ".");
    }
    if (node.has("text")) {
      if (node.has("prompt") || node.has("completion")) {
        throw problem("has \"text\" beside \"prompt\" or \"completion\"; give one or the other.");
      }
      return new JsonExample(number, "", text(node, "text"), task(node));
    }
    if (node.has("prompt") && node.has("completion")) {
      return new JsonExample(number, text(node, "prompt"), text(node, "completion"), task(node));
    }
    throw problem(
        "has neither \"text\" nor both of \"prompt\" and \"completion\". Its fields: "
            + Quoted.quoted(fields(node))
            + ".");
  }

  private String text(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (!value.isTextual()) {
      throw problem(
          "has \"" + field + "\" of type " + value.getNodeType() + "; allowed: a string.");
    }
    return value.textValue();
  }

  /** Empty, too, if it is not a number: in data made for others it may mean something else. */
  private static Optional<Integer> task(JsonNode node) {
    return Optional.ofNullable(node.get("task_id"))
        .filter(value -> value.isIntegralNumber() && value.canConvertToInt())
        .map(JsonNode::intValue);
  }

  private static String fields(JsonNode node) {
    Iterator<String> names = node.fieldNames();
    return String.join(", ", (Iterable<String>) () -> names);
  }

  private PeftException problem(String text) {
    return new PeftException(file + ", line " + number + " " + text);
  }
}
