package org.peft4j.diffusion.schedule;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.json.JsonText;

/** Fields with their types; {@link #end} throws all that was wrong. Null is as good as missing. */
final class ScheduleFields {
  private final String source;
  private final ObjectNode json;
  private final Set<String> known;
  private final List<String> problems = new ArrayList<>();

  ScheduleFields(String source, ObjectNode json, Collection<String> known) {
    this.source = source;
    this.json = json;
    this.known = new HashSet<>(known);
  }

  boolean has(String name) {
    known.add(name);
    return json.hasNonNull(name);
  }

  boolean flag(String name, boolean absent) {
    if (!has(name)) {
      return absent;
    }
    if (!json.get(name).isBoolean()) {
      problem(name, "true or false");
    }
    return json.get(name).booleanValue();
  }

  void onlyFalse(String... names) {
    for (String name : names) {
      if (flag(name, false)) {
        problem(name, "false; nothing else is supported");
      }
    }
  }

  int integer(String name, int absent, int least, int most) {
    if (!has(name)) {
      return absent;
    }
    JsonNode value = json.get(name);
    if (!value.isInt() || value.intValue() < least || value.intValue() > most) {
      problem(name, "an integer from " + least + " to " + most);
      return absent;
    }
    return value.intValue();
  }

  /** A number between bounds, or {@code absent} itself. */
  double number(String name, double absent, double least, double most) {
    if (!has(name)) {
      return absent;
    }
    JsonNode value = json.get(name);
    double number = value.doubleValue();
    if (!value.isNumber() || !(number == absent || (number >= least && number <= most))) {
      problem(name, "a number from " + least + " to " + most);
      return absent;
    }
    return number;
  }

  OptionalDouble optional(String name) {
    return has(name)
        ? OptionalDouble.of(number(name, 1, Float.MIN_NORMAL, Float.MAX_VALUE))
        : OptionalDouble.empty();
  }

  /** Numbers from 0 to 1, or none. */
  List<Double> numbers(String name, int most) {
    List<Double> numbers = new ArrayList<>();
    if (has(name)) {
      json.get(name).forEach(each -> numbers.add(each.isNumber() ? each.doubleValue() : -1));
      boolean good = json.get(name).isArray() && !numbers.isEmpty() && numbers.size() <= most;
      if (!good || numbers.stream().anyMatch(each -> !(each >= 0 && each <= 1))) {
        problem(name, "a list of up to " + most + " numbers from 0 to 1");
        numbers.clear();
      }
    }
    return numbers;
  }

  String oneOf(String name, String absent, Set<String> allowed) {
    if (!has(name)) {
      return absent;
    }
    JsonNode value = json.get(name);
    if (!value.isTextual() || !allowed.contains(value.textValue())) {
      problem(name, String.join(", ", new TreeSet<>(allowed)));
      return absent;
    }
    return value.textValue();
  }

  <E extends Enum<E>> E constant(String name, E absent, Class<E> type) {
    Set<String> names =
        Arrays.stream(type.getEnumConstants())
            .map(each -> each.name().toLowerCase(Locale.ROOT))
            .collect(Collectors.toSet());
    String value = oneOf(name, absent.name().toLowerCase(Locale.ROOT), names);
    return Enum.valueOf(type, value.toUpperCase(Locale.ROOT));
  }

  void problem(String name, String allowed) {
    problems.add(name + " is " + JsonText.shown(json.path(name)) + "; allowed: " + allowed + ".");
  }

  /**
   * Refuses fields that nothing asked for.
   *
   * @throws PeftException listing all problems, if there are any
   */
  void end() {
    json.properties()
        .forEach(
            field -> {
              if (!known.contains(field.getKey()) && !field.getValue().isNull()) {
                problems.add(
                    "The field "
                        + Quoted.quoted(field.getKey())
                        + " is unknown. "
                        + NearestNames.sentence(field.getKey(), known));
              }
            });
    if (!problems.isEmpty()) {
      throw new PeftException(
          source + " describes no supported noise schedule: " + String.join(" ", problems));
    }
  }
}
