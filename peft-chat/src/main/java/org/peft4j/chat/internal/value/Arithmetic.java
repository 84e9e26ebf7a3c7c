package org.peft4j.chat.internal.value;

import java.util.ArrayList;
import java.util.List;

/** Python's operators on numbers, texts and lists. */
public final class Arithmetic {
  private Arithmetic() {}

  public static Object add(Budget budget, Object left, Object right) {
    if (left instanceof String a && right instanceof String b) {
      budget.characters((long) a.length() + b.length());
      return a + b;
    }
    if (left instanceof List<?> a
        && right instanceof List<?> b
        && left instanceof Tuple == right instanceof Tuple
        && !(left instanceof Range || right instanceof Range)) {
      budget.characters((long) a.size() + b.size());
      List<Object> sum = new ArrayList<>(a);
      sum.addAll(b);
      return left instanceof Tuple ? Tuple.of(sum) : sum;
    }
    return number("+", left, right);
  }

  public static Object multiply(Budget budget, Object left, Object right) {
    if (left instanceof String || left instanceof List<?>) {
      return repeated(budget, left, right);
    }
    return right instanceof String || right instanceof List<?>
        ? repeated(budget, right, left)
        : number("*", left, right);
  }

  private static Object repeated(Budget budget, Object value, Object times) {
    long count = Math.max(0, Values.whole(times));
    long size = value instanceof String text ? text.length() : ((List<?>) value).size();
    if (size == 0 || count == 0) {
      return value instanceof String
          ? ""
          : value instanceof Tuple ? Tuple.of(List.of()) : List.of();
    }
    budget.characters(count > Integer.MAX_VALUE ? Long.MAX_VALUE / 2 : size * count);
    if (value instanceof String text) {
      return text.repeat((int) count);
    }
    List<Object> all = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      all.addAll((List<?>) value);
    }
    return value instanceof Tuple ? Tuple.of(all) : all;
  }

  /** {@code -}, {@code *}, {@code /}, {@code //}, {@code %} or {@code **} of two numbers. */
  public static Object number(String operator, Object left, Object right) {
    if (left instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (right instanceof Undefined undefined) {
      throw undefined.used();
    }
    if (!numeric(left) || !numeric(right)) {
      throw new TemplateProblem(
          "has %s %s %s, which Python does not allow"
              .formatted(Values.type(left), operator, Values.type(right)));
    }
    boolean divides = operator.equals("/") || operator.equals("//") || operator.equals("%");
    if (divides && real(right) == 0) {
      throw new TemplateProblem("divides by zero");
    }
    if (left instanceof Double || right instanceof Double || operator.equals("/")) {
      return real(operator, real(left), real(right));
    }
    try {
      return whole(operator, Values.whole(left), Values.whole(right));
    } catch (ArithmeticException e) {
      throw new TemplateProblem("computes a whole number beyond 64 bits");
    }
  }

  private static boolean numeric(Object value) {
    return value instanceof Long || value instanceof Double || value instanceof Boolean;
  }

  private static double real(Object value) {
    return value instanceof Double number ? number : Values.whole(value);
  }

  private static double real(String operator, double left, double right) {
    return switch (operator) {
      case "+" -> left + right;
      case "-" -> left - right;
      case "*" -> left * right;
      case "/" -> left / right;
      case "//" -> Math.floor(left / right);
      case "%" -> {
        double rest = left % right;
        yield rest != 0 && rest < 0 != right < 0 ? rest + right : rest;
      }
      default -> Math.pow(left, right);
    };
  }

  private static Object whole(String operator, long left, long right) {
    return switch (operator) {
      case "+" -> Math.addExact(left, right);
      case "-" -> Math.subtractExact(left, right);
      case "*" -> Math.multiplyExact(left, right);
      case "//" -> Math.floorDiv(left, right);
      case "%" -> Math.floorMod(left, right);
      default -> right < 0 ? (Object) Math.pow((double) left, (double) right) : power(left, right);
    };
  }

  private static long power(long base, long exponent) {
    if (base == 0 || base == 1) {
      return exponent == 0 ? 1 : base;
    }
    if (base == -1) {
      return exponent % 2 == 0 ? 1 : -1;
    }
    long result = 1;
    for (long i = 0; i < exponent; i++) {
      result = Math.multiplyExact(result, base);
    }
    return result;
  }
}
