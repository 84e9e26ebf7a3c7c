package org.peft4j.chat.internal.function;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Values;

/**
 * Python's {@code text % values} and {@code text.format(values)}, with the kinds that text needs.
 */
public final class PythonFormat {
  private static final Pattern PERCENT =
      Pattern.compile("%(?:\\(([^)]*)\\))?([-+ 0]*)(\\d{0,4})(?:\\.(\\d{1,3}))?([a-zA-Z%])");
  private static final Pattern BRACES =
      Pattern.compile(
          "\\{\\{|}}|\\{(\\w*)(?::([<>^]?)(0?)(\\d{0,4})(?:\\.(\\d{1,3}))?([sdf]?))?}|[{}]");

  private PythonFormat() {}

  /** {@code text % values}. */
  public static String percent(Budget budget, String text, Object values) {
    List<?> all = values instanceof Tuple tuple ? tuple : List.of(values);
    StringBuilder out = new StringBuilder();
    Matcher matcher = PERCENT.matcher(text);
    int next = 0;
    int begin = 0;
    while (matcher.find(begin)) {
      requirePlain(text.substring(begin, matcher.start()));
      out.append(text, begin, matcher.start());
      begin = matcher.end();
      if (matcher.group(5).equals("%")) {
        out.append('%');
        continue;
      }
      Object value;
      if (matcher.group(1) != null) {
        value = named(values, matcher.group(1));
      } else if (next < all.size()) {
        value = all.get(next++);
      } else {
        throw new TemplateProblem("has a format with more places than values");
      }
      String flags = matcher.group(2);
      String body = shown(budget, value, matcher.group(5), Optional.ofNullable(matcher.group(4)));
      if (Values.length(body) > 0 && Character.isDigit(body.charAt(0))) {
        body = (flags.contains("+") ? "+" : flags.contains(" ") ? " " : "") + body;
      }
      boolean zeros = flags.contains("0") && !matcher.group(5).matches("[sr]");
      out.append(aligned(budget, body, flags.contains("-") ? "<" : ">", zeros, matcher.group(3)));
    }
    requirePlain(text.substring(begin));
    boolean maySpare =
        values instanceof Map<?, ?> || (values instanceof List<?> && !(values instanceof Tuple));
    if (next < all.size() && !maySpare) {
      throw new TemplateProblem("has a format with fewer places than values");
    }
    return budget.text(out.append(text.substring(begin)).toString());
  }

  private static Object named(Object values, String name) {
    if (values instanceof Map<?, ?> map && map.containsKey(name)) {
      return Values.find(map, name).orElseThrow();
    }
    throw new TemplateProblem("has a format with the name '" + name + "', which is not given");
  }

  private static void requirePlain(String text) {
    if (text.indexOf('%') >= 0) {
      throw new TemplateProblem(
          "has a format with a % that is not supported; allowed: %s, %d, %i, %f, %x, %r, %%");
    }
  }

  /** {@code text.format(values)}. */
  static String braces(Budget budget, String text, Arguments arguments) {
    StringBuilder out = new StringBuilder();
    Matcher matcher = BRACES.matcher(text);
    int begin = 0;
    int next = 0;
    while (matcher.find()) {
      out.append(text, begin, matcher.start());
      begin = matcher.end();
      String found = matcher.group();
      if (found.equals("{{") || found.equals("}}")) {
        out.append(found.charAt(0));
      } else if (found.length() == 1) {
        throw new TemplateProblem(
            "has a format() with a field that is not supported; allowed: {}, {0}, {name}, and {:>8}, {:.2f} and the like");
      } else {
        String name = matcher.group(1);
        Object value = field(arguments, name.isEmpty() ? String.valueOf(next++) : name);
        out.append(field(budget, value, matcher));
      }
    }
    return budget.text(out.append(text.substring(begin)).toString());
  }

  private static Object field(Arguments arguments, String name) {
    boolean place = name.length() < 5 && name.chars().allMatch(Character::isDigit);
    return arguments
        .get(place ? Integer.parseInt(name) : Integer.MAX_VALUE, name)
        .orElseThrow(
            () -> new TemplateProblem("has a format() with the field '" + name + "', not given"));
  }

  private static String field(Budget budget, Object value, Matcher matcher) {
    if (matcher.group(2) == null) {
      return PythonText.str(budget, value);
    }
    boolean number = value instanceof Long || value instanceof Double;
    String kind = matcher.group(6);
    String body =
        kind.isEmpty() && matcher.group(5) == null
            ? PythonText.str(budget, value)
            : shown(
                budget, value, kind.isEmpty() ? "s" : kind, Optional.ofNullable(matcher.group(5)));
    String align = matcher.group(2).isEmpty() ? number ? ">" : "<" : matcher.group(2);
    return aligned(budget, body, align, !matcher.group(3).isEmpty(), matcher.group(4));
  }

  private static String shown(
      Budget budget, Object value, String kind, Optional<String> precision) {
    return switch (kind) {
      case "s", "r" -> {
        String text =
            kind.equals("s") ? PythonText.str(budget, value) : PythonText.repr(budget, value);
        long most = precision.map(Long::valueOf).orElse(Long.MAX_VALUE);
        yield Values.length(text) <= most
            ? text
            : text.substring(0, text.offsetByCodePoints(0, (int) most));
      }
      case "d", "i" ->
          value instanceof Double number && Double.isFinite(number)
              ? new BigDecimal(number).toBigInteger().toString()
              : String.valueOf(Values.whole(value));
      case "x" -> Long.toHexString(Values.whole(value));
      case "f" -> {
        double number = value instanceof Double real ? real : Values.whole(value);
        if (!Double.isFinite(number)) {
          yield PythonText.number(number);
        }
        int digits = precision.map(Integer::valueOf).orElse(6);
        yield new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN).toPlainString();
      }
      default ->
          throw new TemplateProblem(
              "has a format with %" + kind + "; allowed: %s, %d, %i, %f, %x, %r, %%");
    };
  }

  private static String aligned(
      Budget budget, String body, String align, boolean zeros, String width) {
    long missing = (width.isEmpty() ? 0 : Long.parseLong(width)) - Values.length(body);
    if (missing <= 0) {
      return body;
    }
    budget.characters(missing);
    if (zeros && !align.equals("<")) {
      int sign = body.startsWith("-") || body.startsWith("+") ? 1 : 0;
      return body.substring(0, sign) + "0".repeat((int) missing) + body.substring(sign);
    }
    long left = align.equals("<") ? 0 : align.equals(">") ? missing : missing / 2;
    return " ".repeat((int) left) + body + " ".repeat((int) (missing - left));
  }
}
