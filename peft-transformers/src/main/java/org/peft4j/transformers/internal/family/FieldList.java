package org.peft4j.transformers.internal.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * The values of a field of a {@code config.json} that holds several. A wrong one is told, and
 * others stand in for it, so that reading goes on and all problems come together.
 *
 * @param node its JSON; missing where there is none
 * @param problem takes what is allowed
 */
record FieldList(JsonNode node, Consumer<String> problem) {
  private boolean given() {
    return !node.isMissingNode() && !node.isNull();
  }

  /** A list of {@code count} numbers; as many ones where it is missing or wrong. */
  List<Double> positiveNumbers(int count) {
    List<Double> numbers = new ArrayList<>();
    for (JsonNode each : node) {
      if (FieldValue.isPositive(each)) {
        numbers.add(each.doubleValue());
      }
    }
    if (!node.isArray() || node.size() != count || numbers.size() != count) {
      problem.accept("a list of " + count + " positive numbers");
      return Collections.nCopies(count, 1.0);
    }
    return numbers;
  }

  /**
   * A list of patterns, each with the number of times that it repeats, {@code [[["a", "b"], 2]]},
   * written out; at most one string more than {@code most}.
   */
  List<String> repeated(int most) {
    List<String> all = new ArrayList<>();
    for (JsonNode item : node) {
      int times = item.path(1).isInt() ? item.path(1).intValue() : 0;
      for (int i = 0; i < times && all.size() <= most && !item.path(0).isEmpty(); i++) {
        item.path(0).forEach(type -> all.add(type.asText()));
      }
    }
    return all;
  }

  /** A list of at least {@code count} numbers 0 and 1; zeros where it is missing or wrong. */
  List<Integer> flags(int count) {
    List<Integer> flags = new ArrayList<>();
    for (JsonNode each : node) {
      boolean flag = each.isInt() && (each.intValue() == 0 || each.intValue() == 1);
      flags.add(flag ? each.intValue() : 2);
    }
    if (!node.isArray() || flags.size() < count || flags.contains(2)) {
      problem.accept("a list of at least " + count + " numbers 0 and 1");
      return Collections.nCopies(count, 0);
    }
    return flags;
  }

  /** Two whole numbers of at least 1; ones where they are wrong. */
  List<Integer> sizes(int most) {
    List<Integer> sizes = new ArrayList<>();
    for (JsonNode each : node) {
      if (each.isInt() && each.intValue() >= 1 && each.intValue() <= most) {
        sizes.add(each.intValue());
      }
    }
    if (sizes.size() != 2 || node.size() != 2) {
      problem.accept("a number of 1 to " + most + ", or a list of two, height and width");
      return List.of(1, 1);
    }
    return sizes;
  }

  /** One id, or a list of ids, or none. */
  List<Integer> tokens() {
    List<Integer> ids = new ArrayList<>();
    if (given()) {
      for (JsonNode each : node.isArray() ? node : List.of(node)) {
        if (each.isInt() && each.intValue() >= -1) {
          ids.add(each.intValue());
        } else {
          problem.accept("a token id or a list of them");
        }
      }
      ids.removeIf(id -> id < 0);
    }
    return ids;
  }

  /** A list of strings, or none. */
  List<String> texts() {
    List<String> texts = new ArrayList<>();
    for (JsonNode each : node) {
      if (each.isTextual()) {
        texts.add(each.asText());
      } else {
        problem.accept("a list of strings");
      }
    }
    return texts;
  }

  /** Strings by number from 0 on, in the order of the numbers; or none. */
  List<String> numbered() {
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < node.size(); i++) {
      texts.add(node.path(Integer.toString(i)).asText(""));
    }
    if (given() && (!node.isObject() || texts.contains(""))) {
      problem.accept("an object of names by number, 0 and up");
    }
    return texts;
  }
}
