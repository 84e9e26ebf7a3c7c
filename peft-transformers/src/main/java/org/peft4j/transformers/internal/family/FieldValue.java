package org.peft4j.transformers.internal.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * The single value of a field of a {@code config.json}. A wrong one is told, and another stands in
 * for it, so that reading goes on and all problems come together.
 *
 * @param node its JSON; missing where there is none
 * @param problem takes what is allowed
 */
record FieldValue(JsonNode node, Consumer<String> problem) {
  /** Whether there is a value that is not null. */
  boolean given() {
    return !node.isMissingNode() && !node.isNull();
  }

  /** A whole number from 1 to {@code most}; 1 where it is missing or wrong. */
  int positive(int most, String what) {
    boolean whole = node.canConvertToInt() && node.isIntegralNumber();
    if (!whole || node.intValue() < 1 || node.intValue() > most) {
      problem.accept("1 to " + most + what);
      return 1;
    }
    return node.intValue();
  }

  /** A whole number that may be 0. */
  int natural() {
    if (!node.canConvertToInt() || !node.isIntegralNumber() || node.intValue() < 0) {
      problem.accept("0 or a positive integer");
      return 0;
    }
    return node.intValue();
  }

  /** A whole number, or none where the field is null. */
  OptionalInt integer(OptionalInt absent) {
    if (node.isMissingNode()) {
      return absent;
    }
    return node.isInt() ? OptionalInt.of(node.intValue()) : OptionalInt.empty();
  }

  /** A number above 0; 1 where it is missing or wrong. */
  double positiveNumber() {
    if (!isPositive(node)) {
      problem.accept("a positive number");
      return 1;
    }
    return node.doubleValue();
  }

  /** Whether it is a number above 0 and not infinite. */
  static boolean isPositive(JsonNode node) {
    return node.isNumber() && node.doubleValue() > 0 && Double.isFinite(node.doubleValue());
  }

  /** Whether it is a number of at least {@code least}; anything else but null is a problem. */
  boolean isNumber(double least) {
    boolean good = node.isNumber() && node.doubleValue() >= least;
    if (!good && given()) {
      problem.accept("a number from " + least + " on");
    }
    return good;
  }

  boolean flag(boolean absent) {
    if (given() && !node.isBoolean()) {
      problem.accept("true or false");
    }
    return node.asBoolean(absent);
  }

  String text(String absent) {
    if (given() && !node.isTextual()) {
      problem.accept("a string");
    }
    return given() ? node.asText() : absent;
  }

  /** Whether it is {@code value}; numbers are compared as such. */
  boolean equalTo(Object value) {
    return value instanceof Number number && node.isNumber()
        ? node.doubleValue() == number.doubleValue()
        : node.asText().equals(value.toString());
  }
}
