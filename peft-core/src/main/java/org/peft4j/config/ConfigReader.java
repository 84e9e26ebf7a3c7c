package org.peft4j.config;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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
  public List<String> problems() {
    return problems;
  }

  /** Adds a problem that is not one of type. */
  public void problem(String text) {
    problems.add(text);
  }

  /** The fields that were not asked for. */
  public Map<String, JsonNode> unknown() {
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
  public Optional<JsonNode> any(String name) {
    asked.add(name);
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  private <T> Optional<T> read(String name, String type, Function<JsonNode, @Nullable T> convert) {
    Optional<JsonNode> value = any(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    T converted = convert.apply(value.get());
    if (converted == null) {
      problems.add(name + " is " + shortText(value.get()) + "; allowed: " + type + ".");
    }
    return Optional.ofNullable(converted);
  }

  public int integer(String name, int absent) {
    return read(
            name,
            "a whole number",
            n -> n.canConvertToExactIntegral() && n.canConvertToInt() ? n.intValue() : null)
        .orElse(absent);
  }

  public double number(String name, double absent) {
    return read(name, "a number", n -> n.isNumber() ? n.doubleValue() : null).orElse(absent);
  }

  public boolean bool(String name, boolean absent) {
    return read(name, "true or false", n -> n.isBoolean() ? n.booleanValue() : null).orElse(absent);
  }

  public Optional<String> text(String name) {
    return read(name, "a text", n -> n.isTextual() ? n.textValue() : null);
  }

  /** The name of a constant of an enumeration. */
  public <E extends Enum<E>> E choice(String name, Class<E> type, E absent) {
    Optional<String> value = text(name);
    for (E constant : type.getEnumConstants()) {
      if (value.map(text -> text.equals(constant.name())).orElse(false)) {
        return constant;
      }
    }
    value.ifPresent(
        text ->
            problems.add(
                name
                    + " is \""
                    + abbreviate(text)
                    + "\"; allowed: "
                    + Arrays.toString(type.getEnumConstants())
                    + "."));
    return absent;
  }

  /** A list of texts; a single text counts as a list of one. */
  public List<String> texts(String name) {
    return read(name, "a list of texts", ConfigReader::textsOf).orElse(List.of());
  }

  /** A list of whole numbers; a single one counts as a list of one. */
  public List<Integer> integers(String name) {
    return read(name, "a whole number or a list of them", ConfigReader::integersOf)
        .orElse(List.of());
  }

  /** A list of names, a pattern, or {@code all-linear}. */
  public Optional<ModuleSelector> selector(String name) {
    return read(
        name,
        "a list of module names, a regular expression, or \"all-linear\"",
        n -> {
          if (n.isTextual()) {
            return ModuleSelector.of(n.textValue());
          }
          List<String> names = n.isArray() ? textsOf(n) : null;
          return names == null ? null : new ModuleSelector.Names(names);
        });
  }

  /** An object of numbers, in its order. */
  public <T extends Number> Map<String, T> numbers(
      String name, Function<JsonNode, @Nullable T> convert) {
    return read(
            name,
            "an object of pattern: number",
            n -> {
              if (!n.isObject()) {
                return null;
              }
              Map<String, T> map = new LinkedHashMap<>();
              for (Map.Entry<String, JsonNode> entry : n.properties()) {
                T value = convert.apply(entry.getValue());
                if (value == null) {
                  return null;
                }
                map.put(entry.getKey(), value);
              }
              return map;
            })
        .orElse(Map.of());
  }

  /**
   * The common fields. Ask last: what nobody asked for until then is unknown.
   *
   * @param what the config's name, for messages
   * @throws org.peft4j.error.PeftException with all that was wrong, in these fields and those
   *     before
   */
  public CommonConfig common(String methodPrefix, String what) {
    any("peft_type");
    any("peft_version");
    any("auto_mapping");
    any("inference_mode");
    Bias bias = bias(methodPrefix);
    Optional<String> task = text("task_type");
    Optional<String> baseModel = text("base_model_name_or_path");
    Optional<String> revision = text("revision");
    Optional<ModuleSelector> target = selector("target_modules");
    Optional<ModuleSelector> exclude = selector("exclude_modules");
    List<String> save = texts("modules_to_save");
    List<Integer> layers = integers("layers_to_transform");
    List<String> pattern = texts("layers_pattern");
    CommonConfig.require(what, problems);
    return new CommonConfig(
        task, baseModel, revision, target, exclude, save, layers, pattern, bias, unknown());
  }

  private Bias bias(String prefix) {
    String value = text("bias").orElse("none");
    for (Bias bias : Bias.values()) {
      if (bias.json(prefix).equals(value)) {
        return bias;
      }
    }
    problems.add("bias is \"" + abbreviate(value) + "\"; allowed: none, all, " + prefix + "_only.");
    return Bias.NONE;
  }

  private static @Nullable List<String> textsOf(JsonNode node) {
    if (node.isTextual()) {
      return List.of(node.textValue());
    }
    if (!node.isArray()) {
      return null;
    }
    List<String> texts = new ArrayList<>();
    for (JsonNode element : node) {
      if (!element.isTextual()) {
        return null;
      }
      texts.add(element.textValue());
    }
    return texts;
  }

  private static @Nullable List<Integer> integersOf(JsonNode node) {
    List<Integer> integers = new ArrayList<>();
    for (JsonNode element : node.isArray() ? node : List.of(node)) {
      if (!element.canConvertToExactIntegral() || !element.canConvertToInt()) {
        return null;
      }
      integers.add(element.intValue());
    }
    return integers;
  }

  private static String shortText(JsonNode node) {
    return abbreviate(node.toString());
  }

  private static String abbreviate(String text) {
    return text.length() <= 80 ? text : text.substring(0, 77) + "…";
  }
}
