package org.peft4j.transformers.internal.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import org.peft4j.error.PeftException;

/**
 * Reads the fields of a {@code config.json} and checks their types. Remembers which fields were
 * read: a field that nobody reads is a setting that nobody honours. Collects problems, so that one
 * exception lists all of them.
 */
public final class ConfigFields {
  private static final int MAX_SIZE = 1 << 20;
  private static final int MAX_LAYERS = 1000;

  private final String source;
  private final JsonNode json;
  private final List<String> problems;
  private final Set<String> known = new HashSet<>();
  private final List<ConfigFields> objects = new ArrayList<>();

  public ConfigFields(String source, JsonNode json) {
    this(source, json, new ArrayList<>());
  }

  private ConfigFields(String source, JsonNode json, List<String> problems) {
    this.source = source;
    this.json = json;
    this.problems = problems;
  }

  /** The object in field {@code name}; its problems go to this one's list. */
  public ConfigFields object(String name) {
    ConfigFields object = new ConfigFields(source, node(name), problems);
    check(object.json.isObject() || !has(name), name, "an object of settings");
    objects.add(object);
    return object;
  }

  public boolean isEmpty() {
    return json.isEmpty();
  }

  public boolean has(String name) {
    known.add(name);
    return json.hasNonNull(name);
  }

  public boolean isNull(String name) {
    return node(name).isNull();
  }

  private JsonNode node(String name) {
    known.add(name);
    return json.path(name);
  }

  /** A number of features, heads or the like: the product of two of them is no overflow. */
  public int size(String name) {
    return positive(name, MAX_SIZE, "");
  }

  /** Checks that heads times their size is a size too. */
  public void headSizes(String name, int heads, int headSize) {
    check(
        (long) heads * headSize <= MAX_SIZE,
        name,
        "a size of which " + heads + " heads have no more than " + MAX_SIZE + " together");
  }

  public int size(String name, int absent) {
    return has(name) ? size(name) : absent;
  }

  /** A number of blocks: each is described, so a number without end would never end. */
  public int layers(String name) {
    return positive(name, MAX_LAYERS, " layers");
  }

  public int layers(String name, int absent) {
    return has(name) ? layers(name) : absent;
  }

  /** A number of tokens, positions or labels. */
  public int count(String name) {
    return positive(name, Integer.MAX_VALUE - 8, "");
  }

  public int count(String name, int absent) {
    return has(name) ? count(name) : absent;
  }

  private int positive(String name, int most, String what) {
    JsonNode node = node(name);
    boolean whole = node.canConvertToInt() && node.isIntegralNumber();
    if (!whole || node.intValue() < 1 || node.intValue() > most) {
      problem(name, "1 to " + most + what);
      return 1;
    }
    return node.intValue();
  }

  /** A whole number that may be 0. */
  public int natural(String name) {
    JsonNode node = node(name);
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 0) {
      problem(name, "0 or a positive integer");
      return 0;
    }
    return node.intValue();
  }

  /** A whole number, or none where the field is null. */
  public OptionalInt integer(String name, OptionalInt absent) {
    if (node(name).isMissingNode()) {
      return absent;
    }
    return node(name).isInt() ? OptionalInt.of(node(name).intValue()) : OptionalInt.empty();
  }

  /** A number of tokens, or none where the field is null. */
  public OptionalInt optionalCount(String name, OptionalInt absent) {
    if (node(name).isMissingNode()) {
      return absent;
    }
    return isNull(name) ? OptionalInt.empty() : OptionalInt.of(count(name));
  }

  /** A positive number, or none where the field is null. */
  public OptionalDouble optionalPositive(String name, OptionalDouble absent) {
    if (node(name).isMissingNode()) {
      return absent;
    }
    return isNull(name) ? OptionalDouble.empty() : OptionalDouble.of(positiveNumber(name));
  }

  /** Takes that value for a field. */
  public void put(String name, int value) {
    ((ObjectNode) json).put(name, value);
  }

  /** Takes another value for {@code value} in field {@code name}. */
  public void replace(String name, String value, String other) {
    if (node(name).asText().equals(value)) {
      ((ObjectNode) json).put(name, other);
    }
  }

  /** Takes a field of another name for {@code name}; both must be equal if both are there. */
  public void alias(String other, String name) {
    if (!has(other)) {
      return;
    }
    JsonNode value = node(other);
    if (!has(name)) {
      ((ObjectNode) json).set(name, value);
    }
    check(node(name).equals(value), other, "the value of " + name + ", " + node(name));
  }

  public double positiveNumber(String name) {
    JsonNode node = node(name);
    if (!node.isNumber() || !(node.doubleValue() > 0) || Double.isInfinite(node.doubleValue())) {
      problem(name, "a positive number");
      return 1;
    }
    return node.doubleValue();
  }

  public double positiveNumber(String name, double absent) {
    return has(name) ? positiveNumber(name) : absent;
  }

  /**
   * Whether a field has a number of at least {@code least}; anything else but null is a problem.
   */
  public boolean isNumber(String name, double least) {
    boolean good = node(name).isNumber() && node(name).doubleValue() >= least;
    check(good || !has(name), name, "a number from " + least + " on");
    return good;
  }

  /** A number that is there. */
  public double number(String name) {
    return node(name).doubleValue();
  }

  /** A list of {@code count} numbers; as many ones where it is missing or wrong. */
  public List<Double> positiveNumbers(String name, int count) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode node : node(name)) {
      if (node.isNumber() && node.doubleValue() > 0 && Double.isFinite(node.doubleValue())) {
        numbers.add(node.doubleValue());
      }
    }
    if (!node(name).isArray() || node(name).size() != count || numbers.size() != count) {
      problem(name, "a list of " + count + " positive numbers");
      return Collections.nCopies(count, 1.0);
    }
    return numbers;
  }

  /**
   * A list of patterns, each with the number of times that it repeats, {@code [[["a", "b"], 2]]},
   * written out; at most one string more than {@code most}.
   */
  public List<String> repeated(String name, int most) {
    List<String> all = new ArrayList<>();
    for (JsonNode item : node(name)) {
      int times = item.path(1).isInt() ? item.path(1).intValue() : 0;
      for (int i = 0; i < times && all.size() <= most && !item.path(0).isEmpty(); i++) {
        item.path(0).forEach(type -> all.add(type.asText()));
      }
    }
    return all;
  }

  /** A list of at least {@code count} numbers 0 and 1; zeros where it is missing or wrong. */
  public List<Integer> flags(String name, int count) {
    List<Integer> flags = new ArrayList<>();
    for (JsonNode node : node(name)) {
      flags.add(
          node.isInt() && (node.intValue() == 0 || node.intValue() == 1) ? node.intValue() : 2);
    }
    if (!node(name).isArray() || flags.size() < count || flags.contains(2)) {
      problem(name, "a list of at least " + count + " numbers 0 and 1");
      return Collections.nCopies(count, 0);
    }
    return flags;
  }

  public boolean flag(String name, boolean absent) {
    check(!has(name) || node(name).isBoolean(), name, "true or false");
    return node(name).asBoolean(absent);
  }

  public String text(String name, String absent) {
    check(!has(name) || node(name).isTextual(), name, "a string");
    return has(name) ? node(name).asText() : absent;
  }

  public OptionalInt token(String name) {
    List<Integer> ids = tokens(name);
    return ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.get(0));
  }

  /** One id, or a list of ids, or none. */
  public List<Integer> tokens(String name) {
    List<Integer> ids = new ArrayList<>();
    if (has(name)) {
      Iterable<JsonNode> nodes = node(name).isArray() ? node(name) : List.of(node(name));
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
  public List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    for (JsonNode node : node(name)) {
      if (node.isTextual()) {
        texts.add(node.asText());
      } else {
        problem(name, "a list of strings");
      }
    }
    return texts;
  }

  /** Strings by number from 0 on, in the order of the numbers; or none. */
  public List<String> numbered(String name) {
    List<String> texts = new ArrayList<>();
    JsonNode object = node(name);
    for (int i = 0; i < object.size(); i++) {
      texts.add(object.path(Integer.toString(i)).asText(""));
    }
    if (has(name) && (!object.isObject() || texts.contains(""))) {
      problem(name, "an object of names by number, 0 and up");
    }
    return texts;
  }

  /** Accepts fields with any value: nothing here depends on them. */
  public void ignore(String... names) {
    known.addAll(List.of(names));
  }

  /** Accepts all fields that nobody has read: another problem says enough. */
  public void ignoreRest() {
    json.fieldNames().forEachRemaining(known::add);
  }

  /** Adds a problem unless field {@code name} is absent, null, or {@code value}. */
  public void only(String name, Object value) {
    boolean number = value instanceof Number && node(name).isNumber();
    boolean same =
        number
            ? node(name).doubleValue() == ((Number) value).doubleValue()
            : node(name).asText().equals(value.toString());
    check(!has(name) || same, name, "only " + value + "; nothing else is supported");
  }

  /** Adds a problem if field {@code name} has a value. */
  public void absent(String name) {
    check(!has(name), name, "only null");
  }

  /** Adds a problem about a field unless {@code good}. */
  public void check(boolean good, String name, String allowed) {
    if (!good) {
      problem(name, allowed);
    }
  }

  private void problem(String name, String allowed) {
    JsonNode node = node(name);
    String value = node.isMissingNode() ? "missing" : node.toString();
    String text = name + " is " + value + "; allowed: " + allowed + ".";
    if (!problems.contains(text)) { // Some fields are read twice.
      problems.add(text);
    }
  }

  /** Adds a problem for each field that has a value and that nobody read. */
  public void refuseUnknown() {
    json.properties()
        .forEach(
            field -> {
              if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
                problems.add(
                    field.getKey()
                        + " is "
                        + field.getValue()
                        + ", an unknown setting; remove it if the model's results do not"
                        + " depend on it.");
              }
            });
    objects.forEach(ConfigFields::refuseUnknown);
  }

  /**
   * @throws PeftException listing all problems, if there are any
   */
  public void throwProblems() {
    if (!problems.isEmpty()) {
      throw new PeftException(source + " is not a supported model: " + String.join(" ", problems));
    }
  }
}
