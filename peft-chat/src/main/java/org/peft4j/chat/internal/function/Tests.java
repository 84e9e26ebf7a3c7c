package org.peft4j.chat.internal.function;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Arithmetic;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Callable;
import org.peft4j.chat.internal.value.Comparison;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.SafeText;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Undefined;
import org.peft4j.chat.internal.value.Values;

/** jinja2's tests: {@code value is name}. */
public final class Tests {
  private static final Set<String> BINARY =
      Set.of(
          "divisibleby",
          "eq",
          "==",
          "equalto",
          "ne",
          "!=",
          "gt",
          ">",
          "greaterthan",
          "ge",
          ">=",
          "lt",
          "<",
          "lessthan",
          "le",
          "<=",
          "in",
          "sameas");

  private Tests() {}

  /**
   * Whether a value passes a test.
   *
   * @throws TemplateProblem if there is no such test
   */
  public static boolean passes(Budget budget, Object value, String name, Arguments arguments) {
    if (!arguments.positional().isEmpty() && !BINARY.contains(name)) {
      throw new TemplateProblem(
          "has the test '" + name + "' with an argument, which it does not take");
    }
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == None.NONE;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "string" -> value instanceof String || value instanceof SafeText;
      case "number" -> Comparison.isNumber(value);
      case "integer" -> value instanceof Long || value instanceof BigInteger;
      case "float" -> value instanceof Double;
      case "mapping" -> value instanceof Map<?, ?>;
      case "iterable" -> Values.iterable(value);
      case "sequence" ->
          value instanceof String
              || value instanceof SafeText
              || value instanceof List<?>
              || value instanceof Map<?, ?>
              || value instanceof Undefined;
      case "callable" -> value instanceof Callable || value instanceof Undefined;
      case "escaped" -> value instanceof SafeText;
      case "lower", "upper" -> {
        String text = PythonText.str(budget, value);
        boolean cased =
            text.codePoints().anyMatch(p -> Character.toLowerCase(p) != Character.toUpperCase(p));
        yield cased
            && text.equals(
                name.equals("lower")
                    ? text.toLowerCase(Locale.ROOT)
                    : text.toUpperCase(Locale.ROOT));
      }
      case "odd" -> remains(budget, value, 2L, 1L);
      case "even" -> remains(budget, value, 2L, 0L);
      case "divisibleby" -> remains(budget, value, arguments.require(0, "num"), 0L);
      case "eq", "==", "equalto" -> Comparison.equal(budget, value, other(arguments));
      case "ne", "!=" -> !Comparison.equal(budget, value, other(arguments));
      case "gt", ">", "greaterthan" -> Comparison.order(budget, value, other(arguments)) > 0;
      case "ge", ">=" -> Comparison.order(budget, value, other(arguments)) >= 0;
      case "lt", "<", "lessthan" -> Comparison.order(budget, value, other(arguments)) < 0;
      case "le", "<=" -> Comparison.order(budget, value, other(arguments)) <= 0;
      case "in" -> Comparison.contains(budget, other(arguments), value);
      case "sameas" -> same(value, other(arguments));
      case "filter" -> Filters.NAMES.contains(PythonText.str(budget, value));
      default -> throw new TemplateProblem("has the test '" + name + "', which is not known");
    };
  }

  private static Object other(Arguments arguments) {
    return arguments.require(0, "other");
  }

  private static boolean remains(Budget budget, Object value, Object divisor, long rest) {
    return Comparison.equal(budget, Arithmetic.number("%", value, divisor), rest);
  }

  /** Identity in Python: of {@code None} and booleans, of small numbers and texts in practice. */
  @SuppressWarnings("ReferenceEquality")
  private static boolean same(Object value, Object other) {
    boolean plain = value instanceof Boolean || value instanceof Long || value instanceof String;
    return plain ? value.equals(other) : value == other;
  }
}
