package org.peft4j.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The type of a config's field: how it is read from JSON and written to it, and which values are
 * allowed.
 *
 * @param kind what JSON must have, for messages: {@code a whole number}
 * @param allowed which values are allowed, for messages and help: {@code 1 to 64}; empty if all
 * @param holds whether a value is allowed
 * @param reader the value of a JSON node; null if the node is of another kind
 * @param writer the JSON node of a value
 * @param <T> the type in Java
 */
public record FieldType<T>(
    String kind,
    String allowed,
    Predicate<? super T> holds,
    Function<JsonNode, @Nullable T> reader,
    Function<? super T, JsonNode> writer) {
  private static final int MAX_RANK = 1 << 20;

  /** A whole number that an {@code int} holds. */
  public static final FieldType<Integer> INTEGER =
      of(
          "a whole number",
          n -> n.canConvertToExactIntegral() && n.canConvertToInt() ? n.intValue() : null,
          IntNode::valueOf);

  /** A number. */
  public static final FieldType<Double> NUMBER =
      of("a number", n -> n.isNumber() ? n.doubleValue() : null, DoubleNode::valueOf);

  /** A number that is written without a fraction where it is whole, as Python writes an int. */
  public static final FieldType<Double> WHOLE_OR_NUMBER =
      of(
          NUMBER.kind,
          NUMBER.reader,
          value ->
              value == Math.rint(value) && Math.abs(value) < 1e9
                  ? IntNode.valueOf((int) (double) value)
                  : DoubleNode.valueOf(value));

  /** True or false. */
  public static final FieldType<Boolean> BOOL =
      of("true or false", n -> n.isBoolean() ? n.booleanValue() : null, BooleanNode::valueOf);

  /** A text. */
  public static final FieldType<String> TEXT =
      of("a text", n -> n.isTextual() ? n.textValue() : null, TextNode::valueOf);

  /** A list of texts; JSON may have a single one. */
  public static final FieldType<List<String>> TEXTS = listOf("a list of texts", TEXT);

  /** A list of whole numbers; JSON may have a single one. */
  public static final FieldType<List<Integer>> INTEGERS =
      listOf("a whole number or a list of them", INTEGER);

  /** A list of module names, a pattern, {@code all-linear} or {@code all-adaptable}. */
  public static final FieldType<ModuleSelector> SELECTOR =
      of(
          "a list of module names, a regular expression, \"all-linear\" or \"all-adaptable\"",
          FieldType::selector,
          FieldType::selector);

  /** A rank. */
  public static final FieldType<Integer> RANK = integer(1, MAX_RANK);

  /** A finite number above 0. */
  public static final FieldType<Double> POSITIVE =
      WHOLE_OR_NUMBER.within("a finite number above 0", v -> v > 0 && Double.isFinite(v));

  /** A probability that something is dropped. */
  public static final FieldType<Double> DROPOUT =
      NUMBER.within("0 up to, not including, 1", v -> v >= 0 && v < 1);

  /** A type of which all values are allowed. */
  public static <T> FieldType<T> of(
      String kind, Function<JsonNode, @Nullable T> reader, Function<? super T, JsonNode> writer) {
    return new FieldType<>(kind, "", value -> true, reader, writer);
  }

  /** A whole number in a range. */
  public static FieldType<Integer> integer(int from, int to) {
    return INTEGER.within(from + " to " + to, value -> value >= from && value <= to);
  }

  /** A whole number that is not below another. */
  public static FieldType<Integer> atLeast(int least) {
    return INTEGER.within(least + " and up", value -> value >= least);
  }

  /** One of several values, by their names. */
  public static <T> FieldType<T> oneOf(List<T> values, Function<? super T, String> name) {
    String names = values.stream().map(name).collect(Collectors.joining(", "));
    return of(
            names,
            n ->
                values.stream()
                    .filter(value -> n.isTextual() && name.apply(value).equals(n.textValue()))
                    .findFirst()
                    .orElse(null),
            value -> TextNode.valueOf(name.apply(value)))
        .listed();
  }

  /** A constant of an enumeration, by its name. */
  public static <E extends Enum<E>> FieldType<E> choice(Class<E> type) {
    return oneOf(List.of(type.getEnumConstants()), Enum::name);
  }

  /** A list; JSON may have a single element instead. */
  public static <T> FieldType<List<T>> listOf(String kind, FieldType<T> element) {
    return of(
        kind,
        n -> {
          List<T> values = new ArrayList<>();
          for (JsonNode each : n.isArray() ? n : List.of(n)) {
            T value = element.reader.apply(each);
            if (value == null) {
              return null;
            }
            values.add(value);
          }
          return values;
        },
        values -> {
          ArrayNode array = JsonNodeFactory.instance.arrayNode();
          values.forEach(value -> array.add(element.writer.apply(value)));
          return array;
        });
  }

  /** An object whose values are of one type, in its order. */
  public static <T> FieldType<Map<String, T>> mapOf(String kind, FieldType<T> value) {
    return of(
        kind,
        n -> {
          if (!n.isObject()) {
            return null;
          }
          Map<String, T> map = new LinkedHashMap<>();
          for (Map.Entry<String, JsonNode> entry : n.properties()) {
            T converted = value.reader.apply(entry.getValue());
            if (converted == null) {
              return null;
            }
            map.put(entry.getKey(), converted);
          }
          return map;
        },
        map -> {
          ObjectNode object = JsonNodeFactory.instance.objectNode();
          map.forEach((key, each) -> object.set(key, value.writer.apply(each)));
          return object;
        });
  }

  private static @Nullable ModuleSelector selector(JsonNode node) {
    if (node.isTextual()) {
      return ModuleSelector.of(node.textValue());
    }
    List<String> names = node.isArray() ? TEXTS.reader.apply(node) : null;
    return names == null ? null : new ModuleSelector.Names(names);
  }

  private static JsonNode selector(ModuleSelector selector) {
    if (selector instanceof ModuleSelector.Names names) {
      return TEXTS.writer.apply(names.names());
    }
    if (selector instanceof ModuleSelector.Regex regex) {
      return TextNode.valueOf(regex.pattern());
    }
    return TextNode.valueOf(
        selector instanceof ModuleSelector.Every
            ? ModuleSelector.ALL_ADAPTABLE
            : ModuleSelector.ALL_LINEAR);
  }

  /** The same, of a kind that lists the values. */
  public FieldType<T> listed() {
    return within(kind, value -> true);
  }

  /** The same with only some values allowed, which {@code range} tells. */
  public FieldType<T> within(String range, Predicate<? super T> holding) {
    return new FieldType<>(kind, range, holding, reader, writer);
  }

  /** Adds to {@code problems} if the value of a field is not allowed. */
  public void check(String field, T value, List<String> problems) {
    if (!holds.test(value)) {
      problems.add(field + " is " + value + "; allowed: " + allowed + ".");
    }
  }
}
