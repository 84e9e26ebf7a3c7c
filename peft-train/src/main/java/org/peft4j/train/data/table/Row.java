package org.peft4j.train.data.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonReader;

/**
 * An example of a file: values by the names of their fields. A value that is {@code null}, or an
 * empty cell of a table, counts as missing. The cells of a table are texts; they are read as
 * numbers, or as words that spaces separate, where a task asks for these.
 */
public final class Row {
  private static final JsonReader JSON = JsonReader.upTo(1 << 24, 1 << 24);

  private final Place place;
  private final Columns columns;
  private final Map<String, JsonNode> values;

  Row(Place place, Columns columns, Map<String, JsonNode> values) {
    this.place = place;
    this.columns = columns;
    this.values = columns.renamed(values);
    this.values.values().removeIf(value -> value.isNull() || inTable() && value.asText().isEmpty());
  }

  static Row of(Place place, Columns columns, ObjectNode object) {
    Map<String, JsonNode> values = new LinkedHashMap<>();
    object.fields().forEachRemaining(field -> values.put(field.getKey(), field.getValue()));
    return new Row(place, columns, values);
  }

  private boolean inTable() {
    return !place.header().isEmpty();
  }

  /** The file and the line, and in a file without lines of rows the column. */
  public String where() {
    return place.toString();
  }

  /** The line in the file, from 1; 0 if the row is a file of its own. */
  public int line() {
    return place.line();
  }

  /** The fields that have a value. */
  public Set<String> fields() {
    return values.keySet();
  }

  /** Whether a field has a value. */
  public boolean has(String field) {
    return values.containsKey(field);
  }

  /**
   * A text.
   *
   * @throws PeftException if there is none
   */
  public String text(String field) {
    JsonNode value = require(field);
    if (!value.isTextual()) {
      throw problem(
          "has "
              + Quoted.quoted(columns.column(field))
              + " of type "
              + value.getNodeType()
              + "; allowed: a string.");
    }
    return value.textValue();
  }

  /**
   * A file that a field names, beside the row's own file or below its folder.
   *
   * @throws PeftException if it is somewhere else: rows name no files outside of their folder
   */
  public Path file(String field) {
    String name = text(field);
    if (place.line() == 0) {
      return place.file();
    }
    Path folder = place.file().toAbsolutePath().normalize().resolveSibling("");
    try {
      Path file = folder.resolve(name).normalize();
      if (!Path.of(name).isAbsolute() && file.startsWith(folder) && !file.equals(folder)) {
        return place.file().resolveSibling(name);
      }
    } catch (InvalidPathException e) {
      throw problem(field, "is " + Quoted.quoted(name) + ", no name of a file.");
    }
    throw problem(field, "is " + Quoted.quoted(name) + "; allowed: files beside it, or below.");
  }

  /**
   * A list of texts; in a table, words that spaces separate.
   *
   * @throws PeftException if it is something else
   */
  public List<String> texts(String field) {
    JsonNode value = require(field);
    if (inTable()) {
      return Arrays.asList(value.asText().strip().split("\\s+"));
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode text : list(field)) {
      if (!text.isTextual()) {
        throw problem(field, "holds " + text.getNodeType() + "; allowed: strings.");
      }
      texts.add(text.textValue());
    }
    return texts;
  }

  private JsonNode list(String field) {
    JsonNode value = require(field);
    if (!value.isArray()) {
      throw problem(field, "is of type " + value.getNodeType() + "; allowed: a list.");
    }
    return value;
  }

  /**
   * A number; in a table, a text that is one.
   *
   * @throws PeftException if it is something else, or not finite
   */
  public double number(String field) {
    return number(field, require(field));
  }

  /** A list of numbers, or one of them. */
  public List<Double> numbers(String field) {
    List<Double> numbers = new ArrayList<>();
    each(field).forEach(value -> numbers.add(number(field, value)));
    return numbers;
  }

  private double number(String field, JsonNode value) {
    double number =
        value.isNumber() || inTable() && Numbers.is(value.asText())
            ? Double.parseDouble(value.asText().strip())
            : Double.NaN;
    if (!Double.isFinite(number)) {
      throw problem(field, "is " + shown(value) + "; allowed: a number.");
    }
    return number;
  }

  /**
   * The names or numbers of labels, as texts: one, or those of a list.
   *
   * @throws PeftException if it is something else
   */
  public List<String> labels(String field) {
    return each(field).stream().map(value -> label(field, value)).toList();
  }

  private String label(String field, JsonNode value) {
    if (!value.isValueNode() || value.isNull()) {
      throw problem(field, "is " + shown(value) + "; allowed: a label's name or number.");
    }
    return inTable() ? value.asText().strip() : value.asText();
  }

  /** Whether a value is a list. */
  public boolean isList(String field) {
    return has(field) && require(field).isArray();
  }

  /** Whether a value is a number, or a list of numbers. */
  public boolean isNumber(String field) {
    return each(field).stream().allMatch(this::isNumber);
  }

  /** Whether a value is a number, or a list of numbers, of which one is written as a fraction. */
  public boolean isFraction(String field) {
    return isNumber(field)
        && each(field).stream().anyMatch(value -> !Numbers.isWhole(value.asText()));
  }

  private boolean isNumber(JsonNode value) {
    return value.isNumber() || inTable() && Numbers.is(value.asText());
  }

  private List<JsonNode> each(String field) {
    JsonNode value = require(field);
    List<JsonNode> all = new ArrayList<>();
    if (value.isArray()) {
      value.forEach(all::add);
    } else {
      all.add(value);
    }
    return all;
  }

  /**
   * The objects in a list, or one of them alone, as rows of their own at the same place.
   *
   * @throws PeftException if it is something else
   */
  public List<Row> objects(String field) {
    List<Row> rows = new ArrayList<>();
    for (JsonNode value : each(field)) {
      if (!(value instanceof ObjectNode object)) {
        throw problem(field, "is " + shown(value) + "; allowed: an object, or a list of objects.");
      }
      rows.add(of(place, Columns.asTheyAre(), object));
    }
    return rows;
  }

  /**
   * A value as JSON has it: null, a boolean, a number, a string, a list or a map. In a table, a
   * cell that is a list or an object in JSON is read as one.
   *
   * @throws PeftException if there is none
   */
  public @Nullable Object value(String field) {
    JsonNode value = require(field);
    String text = value.isTextual() ? value.textValue().strip() : "";
    boolean json = inTable() && (text.startsWith("[") || text.startsWith("{"));
    return plain(json ? JSON.tryParse(text).orElse(value) : value);
  }

  private static @Nullable Object plain(JsonNode value) {
    if (value instanceof ObjectNode object) {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>();
      object.properties().forEach(field -> fields.put(field.getKey(), plain(field.getValue())));
      return fields;
    }
    if (value.isArray()) {
      List<@Nullable Object> items = new ArrayList<>();
      value.forEach(item -> items.add(plain(item)));
      return items;
    }
    return value.isTextual()
        ? value.textValue()
        : value.isNumber()
            ? value.numberValue()
            : value.isBoolean() ? (Object) value.booleanValue() : null;
  }

  /** The number of its task in {@code task_id}; empty if that is something else than a number. */
  public Optional<Integer> task() {
    return Optional.ofNullable(values.get("task_id"))
        .map(
            value ->
                inTable() ? value.asText().strip() : value.isIntegralNumber() ? value.asText() : "")
        .filter(Numbers::isWhole)
        .map(Integer::valueOf);
  }

  private JsonNode require(String field) {
    JsonNode value = values.get(field);
    if (value != null) {
      return value;
    }
    String column = columns.column(field);
    if (inTable() && place.header().contains(column)) {
      throw problem(field, "is empty.");
    }
    throw problem(
        "has no "
            + Quoted.quoted(column)
            + (columns.names().containsKey(field) ? ", the column of " + field : "")
            + ". "
            + NearestNames.sentence(column, columns()));
  }

  /** The fields that have a value, as the file calls them. */
  private List<String> columns() {
    return fields().stream().map(columns::column).toList();
  }

  /** An error of this row; in a file without lines of rows, with its id if it has one. */
  public PeftException problem(String text) {
    return new PeftException(place + id() + " " + text);
  }

  private String id() {
    JsonNode id = values.get("id");
    return place.column() > 0 && id != null && id.isValueNode()
        ? " (id " + Quoted.quoted(id.asText()) + ")"
        : "";
  }

  /** An error of a field, with the column of a table. */
  public PeftException problem(String field, String text) {
    String column = columns.column(field);
    return new PeftException(place.of(column) + id() + ": " + Quoted.quoted(column) + " " + text);
  }

  /** The fields, for messages. */
  public String fieldsForMessages() {
    return Quoted.quoted(String.join(", ", columns()));
  }

  private static String shown(JsonNode value) {
    return value.isTextual() ? Quoted.quoted(value.textValue()) : Quoted.quoted(value.toString());
  }
}
