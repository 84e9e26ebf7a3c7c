package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.chat.internal.function.Attributes;
import org.peft4j.chat.internal.function.Filters;
import org.peft4j.chat.internal.function.Functions;
import org.peft4j.chat.internal.function.PythonFormat;
import org.peft4j.chat.internal.function.Tests;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Arithmetic;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Comparison;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.Slices;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Undefined;
import org.peft4j.chat.internal.value.Values;

/** The expressions of the language. */
final class Nodes {
  /** The arguments of a call, before they have values. */
  record Call(
      List<Expression> positional,
      Map<String, Expression> named,
      Optional<Expression> more,
      Optional<Expression> moreNamed) {
    static final Call NONE = new Call(List.of(), Map.of(), Optional.empty(), Optional.empty());

    Arguments in(Frame frame) {
      List<Object> values = new ArrayList<>();
      positional.forEach(each -> values.add(each.in(frame)));
      more.ifPresent(rest -> values.addAll(Values.items(frame.budget(), rest.in(frame))));
      Map<String, Object> names = new LinkedHashMap<>();
      named.forEach((name, each) -> names.put(name, each.in(frame)));
      moreNamed.ifPresent(
          rest -> {
            if (!(rest.in(frame) instanceof Map<?, ?> map)) {
              throw new TemplateProblem("calls with ** of something that is no dictionary");
            }
            map.forEach((key, value) -> names.put(PythonText.str(frame.budget(), key), value));
          });
      return new Arguments(values, names);
    }
  }

  private Nodes() {}

  static Expression constant(Object value) {
    return frame -> value;
  }

  static Expression name(String name) {
    return frame -> frame.get(name);
  }

  static Expression attribute(Expression value, String name) {
    return frame -> {
      frame.budget().step();
      return Attributes.attribute(frame.budget(), value.in(frame), name);
    };
  }

  static Expression item(Expression value, Expression key) {
    return frame -> {
      frame.budget().step();
      return Attributes.item(frame.budget(), value.in(frame), key.in(frame));
    };
  }

  static Expression slice(
      Expression value,
      Optional<Expression> start,
      Optional<Expression> stop,
      Optional<Expression> step) {
    return frame -> {
      Object whole = value.in(frame);
      if (whole instanceof Undefined undefined) {
        throw undefined.used();
      }
      List<Object> bounds = new ArrayList<>();
      for (Optional<Expression> bound : List.of(start, stop, step)) {
        bounds.add(bound.map(expression -> expression.in(frame)).orElse(None.NONE));
      }
      return Slices.of(
          frame.budget(), whole, bound(bounds.get(0)), bound(bounds.get(1)), bound(bounds.get(2)));
    };
  }

  private static Optional<Long> bound(Object value) {
    return value == None.NONE ? Optional.empty() : Optional.of(Values.whole(value));
  }

  static Expression call(Expression function, Call call) {
    return frame -> {
      Object called = function.in(frame);
      Arguments arguments = call.in(frame);
      frame.budget().step();
      return Functions.call(frame.budget(), called, arguments);
    };
  }

  static Expression filter(Expression value, String name, Call call) {
    return frame -> Filters.apply(frame.budget(), value.in(frame), name, call.in(frame));
  }

  static Expression test(Expression value, String name, Call call, boolean negated) {
    return frame -> Tests.passes(frame.budget(), value.in(frame), name, call.in(frame)) != negated;
  }

  static Expression conditional(
      Expression condition, Expression then, Optional<Expression> otherwise) {
    return frame ->
        Values.truth(condition.in(frame))
            ? then.in(frame)
            : otherwise.isPresent()
                ? otherwise.get().in(frame)
                : new Undefined("an if without an else has no value where it is false");
  }

  static Expression or(Expression left, Expression right) {
    return frame -> {
      Object first = left.in(frame);
      return Values.truth(first) ? first : right.in(frame);
    };
  }

  static Expression and(Expression left, Expression right) {
    return frame -> {
      Object first = left.in(frame);
      return Values.truth(first) ? right.in(frame) : first;
    };
  }

  static Expression not(Expression value) {
    return frame -> !Values.truth(value.in(frame));
  }

  /** {@code a < b < c}, as in Python. */
  static Expression comparison(Expression first, List<String> operators, List<Expression> others) {
    return frame -> {
      Object left = first.in(frame);
      for (int i = 0; i < operators.size(); i++) {
        Object right = others.get(i).in(frame);
        if (!compares(frame.budget(), operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    };
  }

  private static boolean compares(Budget budget, String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Comparison.equal(budget, left, right);
      case "!=" -> !Comparison.equal(budget, left, right);
      case "in" -> Comparison.contains(budget, right, left);
      case "not in" -> !Comparison.contains(budget, right, left);
      case "<" -> Comparison.order(budget, left, right) < 0;
      case "<=" -> Comparison.order(budget, left, right) <= 0;
      case ">" -> Comparison.order(budget, left, right) > 0;
      default -> Comparison.order(budget, left, right) >= 0;
    };
  }

  static Expression operation(String operator, Expression left, Expression right) {
    return frame -> {
      Object a = left.in(frame);
      Object b = right.in(frame);
      frame.budget().step();
      return switch (operator) {
        case "+" -> Arithmetic.add(frame.budget(), a, b);
        case "*" -> Arithmetic.multiply(frame.budget(), a, b);
        case "%" ->
            a instanceof String text
                ? PythonFormat.percent(frame.budget(), text, b)
                : Arithmetic.number("%", a, b);
        default -> Arithmetic.number(operator, a, b);
      };
    };
  }

  static Expression negative(Expression value) {
    return frame -> {
      Object number = value.in(frame);
      return number instanceof Double real ? -real : Arithmetic.number("-", 0L, number);
    };
  }

  static Expression positive(Expression value) {
    return frame -> Arithmetic.number("+", 0L, value.in(frame));
  }

  /** {@code a ~ b}: both as texts. */
  static Expression concatenation(List<Expression> parts) {
    return frame -> {
      StringBuilder text = new StringBuilder();
      for (Expression part : parts) {
        String next = PythonText.str(frame.budget(), part.in(frame));
        frame.budget().characters(next.length());
        text.append(next);
      }
      return text.toString();
    };
  }

  static Expression list(List<Expression> items, boolean tuple) {
    return frame -> {
      frame.budget().characters(items.size());
      List<Object> values = new ArrayList<>();
      items.forEach(item -> values.add(item.in(frame)));
      return tuple ? Tuple.of(values) : values;
    };
  }

  static Expression dict(List<Expression> keys, List<Expression> values) {
    return frame -> {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        Object key = keys.get(i).in(frame);
        if (key instanceof List<?> || key instanceof Map<?, ?> || key instanceof Undefined) {
          throw new TemplateProblem("has a dictionary with " + Values.type(key) + " as a key");
        }
        map.put(key, values.get(i).in(frame));
      }
      return map;
    };
  }
}
