package org.peft4j.train.schedule;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.peft4j.error.PeftException;
import org.peft4j.internal.NearestNames;
import org.peft4j.internal.Quoted;

/** Schedules by their names, as options and files give them. */
public final class Schedules {
  /** What makes a schedule of its numbers, which it takes out of a map. */
  private static final Map<String, Function<Map<String, String>, Schedule>> KINDS =
      new LinkedHashMap<>();

  static {
    KINDS.put("constant", numbers -> StandardSchedule.CONSTANT);
    KINDS.put("linear", numbers -> StandardSchedule.LINEAR);
    KINDS.put("cosine", numbers -> StandardSchedule.COSINE);
    KINDS.put(
        "cosine-with-restarts",
        numbers -> new CosineWithRestarts((int) whole(numbers, "cycles", 2)));
    KINDS.put("cosine-to-floor", numbers -> new CosineToFloor(number(numbers, "floor", 0.1)));
    KINDS.put(
        "polynomial",
        numbers -> new Polynomial(number(numbers, "power", 1), number(numbers, "floor", 0)));
    KINDS.put(
        "inverse-square-root", numbers -> new InverseSquareRoot(whole(numbers, "timescale", 0)));
    KINDS.put(
        "warmup-stable-decay",
        numbers ->
            new WarmupStableDecay(
                whole(numbers, "decay", -1), shape(numbers), number(numbers, "floor", 0)));
  }

  private Schedules() {}

  /**
   * Reads a name, maybe with numbers: {@code cosine}, {@code cosine-with-restarts:cycles=3}, {@code
   * polynomial:power=2,floor=0.1}.
   *
   * @throws PeftException if there is no such schedule, or it has no such number or value
   */
  public static Schedule parse(String text) {
    int colon = text.indexOf(':');
    String name = (colon < 0 ? text : text.substring(0, colon)).strip().toLowerCase(Locale.ROOT);
    Function<Map<String, String>, Schedule> kind = KINDS.get(name);
    if (kind == null) {
      throw new PeftException(
          "The schedule is "
              + Quoted.quoted(text)
              + "; allowed: "
              + String.join(", ", KINDS.keySet())
              + ". "
              + NearestNames.sentence(name, KINDS.keySet()));
    }
    Map<String, String> numbers = colon < 0 ? Map.of() : numbers(text, text.substring(colon + 1));
    Map<String, String> left = new TreeMap<>(numbers);
    Schedule schedule = kind.apply(left);
    if (!left.isEmpty()) {
      List<String> known = new ArrayList<>();
      // The name of a schedule lists its numbers.
      if (schedule.name().contains(":")) {
        for (String each : schedule.name().substring(schedule.name().indexOf(':') + 1).split(",")) {
          known.add(each.substring(0, each.indexOf('=')));
        }
      }
      throw new PeftException(
          "The schedule %s has no number %s; it has %s."
              .formatted(
                  name,
                  Quoted.quoted(left.keySet().iterator().next()),
                  known.isEmpty() ? "none" : String.join(", ", known)));
    }
    return schedule;
  }

  private static Map<String, String> numbers(String text, String list) {
    Map<String, String> numbers = new TreeMap<>();
    for (String each : list.split(",", -1)) {
      int equals = each.indexOf('=');
      if (equals < 1
          || numbers.put(each.substring(0, equals).strip(), each.substring(equals + 1)) != null) {
        throw new PeftException(
            "The schedule is "
                + Quoted.quoted(text)
                + "; needed: its name, and after a colon numbers, each once, such as"
                + " polynomial:power=2,floor=0.1.");
      }
    }
    return numbers;
  }

  private static double number(Map<String, String> numbers, String name, double otherwise) {
    String text = numbers.remove(name);
    if (text == null) {
      return otherwise;
    }
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      throw new PeftException(
          "The schedule's " + name + " is " + Quoted.quoted(text) + "; needed: a number.", e);
    }
  }

  private static long whole(Map<String, String> numbers, String name, long otherwise) {
    double value = number(numbers, name, otherwise);
    require(
        name,
        value,
        value == Math.rint(value) && Math.abs(value) <= Integer.MAX_VALUE,
        "a whole number");
    return (long) value;
  }

  private static WarmupStableDecay.Shape shape(Map<String, String> numbers) {
    String text = numbers.getOrDefault("shape", "cosine");
    numbers.remove("shape");
    for (WarmupStableDecay.Shape shape : WarmupStableDecay.Shape.values()) {
      if (shape.name().equalsIgnoreCase(text.strip().replace('-', '_'))) {
        return shape;
      }
    }
    throw new PeftException(
        "The schedule's shape is "
            + Quoted.quoted(text)
            + "; allowed: linear, cosine, square-root.");
  }

  static void require(String name, double value, boolean holds, String allowed) {
    if (!holds) {
      String text =
          value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(value);
      throw new PeftException(
          "The schedule's " + name + " is " + text + "; allowed: " + allowed + ".");
    }
  }

  static void requireShare(String name, double value) {
    require(name, value, value >= 0 && value <= 1, "0 to 1");
  }
}
