package org.peft4j.transformers.internal.family;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
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

  private FieldValue value(String name) {
    return new FieldValue(node(name), allowed -> problem(name, allowed));
  }

  private FieldList list(String name) {
    return new FieldList(node(name), allowed -> problem(name, allowed));
  }

  /** A number of features, heads or the like: the product of two of them is no overflow. */
  public int size(String name) {
    return value(name).positive(MAX_SIZE, "");
  }

  public int size(String name, int absent) {
    return has(name) ? size(name) : absent;
  }

  /** Two sizes, height and width: a list of them, or one number for both. */
  public List<Integer> sizes(String name, int absent) {
    if (!has(name)) {
      return List.of(absent, absent);
    }
    return node(name).isArray() ? list(name).sizes(MAX_SIZE) : List.of(size(name), size(name));
  }

  /** Checks that heads times their size is a size too. */
  public void headSizes(String name, int heads, int headSize) {
    check(
        (long) heads * headSize <= MAX_SIZE,
        name,
        "a size of which " + heads + " heads have no more than " + MAX_SIZE + " together");
  }

  /** A number of blocks: each is described, so a number without end would never end. */
  public int layers(String name) {
    return value(name).positive(MAX_LAYERS, " layers");
  }

  public int layers(String name, int absent) {
    return has(name) ? layers(name) : absent;
  }

  /** A number of tokens, positions or labels. */
  public int count(String name) {
    return value(name).positive(Integer.MAX_VALUE - 8, "");
  }

  public int count(String name, int absent) {
    return has(name) ? count(name) : absent;
  }

  /** A whole number that may be 0. */
  public int natural(String name) {
    return value(name).natural();
  }

  /** A whole number, or none where the field is null. */
  public OptionalInt integer(String name, OptionalInt absent) {
    return value(name).integer(absent);
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
    return value(name).positiveNumber();
  }

  public double positiveNumber(String name, double absent) {
    return has(name) ? positiveNumber(name) : absent;
  }

  /**
   * Whether a field has a number of at least {@code least}; anything else but null is a problem.
   */
  public boolean isNumber(String name, double least) {
    return value(name).isNumber(least);
  }

  /** A number that is there. */
  public double number(String name) {
    return node(name).doubleValue();
  }

  public boolean flag(String name, boolean absent) {
    return value(name).flag(absent);
  }

  public String text(String name, String absent) {
    return value(name).text(absent);
  }

  /** A list of {@code count} numbers; as many ones where it is missing or wrong. */
  public List<Double> positiveNumbers(String name, int count) {
    return list(name).positiveNumbers(count);
  }

  /**
   * A list of patterns, each with the number of times that it repeats, {@code [[["a", "b"], 2]]},
   * written out; at most one string more than {@code most}.
   */
  public List<String> repeated(String name, int most) {
    return list(name).repeated(most);
  }

  /** A list of at least {@code count} numbers 0 and 1; zeros where it is missing or wrong. */
  public List<Integer> flags(String name, int count) {
    return list(name).flags(count);
  }

  public OptionalInt token(String name) {
    return tokens(name).stream().mapToInt(id -> id).findFirst();
  }

  /** One id, or a list of ids, or none. */
  public List<Integer> tokens(String name) {
    return list(name).tokens();
  }

  /** A list of strings, or none. */
  public List<String> texts(String name) {
    return list(name).texts();
  }

  /** Strings by number from 0 on, in the order of the numbers; or none. */
  public List<String> numbered(String name) {
    return list(name).numbered();
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
    check(
        !has(name) || value(name).equalTo(value),
        name,
        "only " + value + "; nothing else is supported");
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
