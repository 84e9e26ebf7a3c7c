package org.peft4j.chat.internal.function;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.PythonJson;
import org.peft4j.chat.internal.value.PythonText;
import org.peft4j.chat.internal.value.SafeText;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Undefined;
import org.peft4j.chat.internal.value.Values;

/** jinja2's filters of texts and numbers, and the way to those of lists. */
public final class Filters {
  /** A filter: what it is applied to comes with its arguments. */
  interface Filter {
    Object apply(Budget budget, Object value, Arguments arguments);
  }

  private static final Pattern WORDS = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);
  private static final Map<String, Filter> ALL = new TreeMap<>();

  private static final Set<String> METHODS = Set.of("items", "keys", "values", "get", "copy");

  static {
    ALL.put("tojson", (budget, value, a) -> PythonJson.of(budget, value, a));
    ALL.put("string", (budget, value, a) -> text(budget, value));
    ALL.put("trim", (b, value, a) -> StringMethods.strip(b, text(b, value), a, true, true));
    ALL.put("upper", text((budget, text) -> text.toUpperCase(Locale.ROOT)));
    ALL.put("lower", text((budget, text) -> text.toLowerCase(Locale.ROOT)));
    ALL.put("capitalize", text((budget, text) -> StringMethods.capitalized(text)));
    ALL.put("title", text((budget, text) -> title(text)));
    ALL.put("safe", (budget, value, a) -> new SafeText(text(budget, value)));
    ALL.put("escape", (budget, value, a) -> escape(budget, value));
    ALL.put("e", (budget, value, a) -> escape(budget, value));
    ALL.put("default", Filters::otherwise);
    ALL.put("d", Filters::otherwise);
    ALL.put("length", (budget, value, a) -> Values.length(value));
    ALL.put("count", (budget, value, a) -> Values.length(value));
    ALL.put("int", Filters::whole);
    ALL.put("float", (budget, value, a) -> real(value, a));
    ALL.put("abs", (budget, value, a) -> absolute(value));
    ALL.put("round", (budget, value, a) -> round(value, a));
    ALL.put("replace", Filters::replace);
    ALL.put("indent", Filters::indent);
    ALL.put(
        "center",
        (budget, value, a) ->
            StringMethods.padded(
                budget, text(budget, value), Arguments.of(a.get(0, "width").orElse(80L)), 2));
    ALL.put(
        "format",
        (budget, value, a) ->
            PythonFormat.percent(
                budget,
                text(budget, value),
                a.named().isEmpty() ? Tuple.of(a.positional()) : a.named()));
    ALL.put(
        "wordcount",
        (budget, value, a) -> WORDS.matcher(budget.text(text(budget, value))).results().count());
    ALL.put(
        "attr",
        (budget, value, a) ->
            value instanceof Map<?, ?> && !METHODS.contains(text(budget, a.require(0, "name")))
                ? new Undefined("a dictionary has no attribute of that name")
                : Attributes.attribute(budget, value, text(budget, a.require(0, "name"))));
    ALL.putAll(ListFilters.ALL);
  }

  /** The names of all filters. */
  public static final Set<String> NAMES = Set.copyOf(ALL.keySet());

  private Filters() {}

  /**
   * A value filtered.
   *
   * @throws TemplateProblem if there is no such filter
   */
  public static Object apply(Budget budget, Object value, String name, Arguments arguments) {
    Filter filter = ALL.get(name);
    if (filter == null) {
      throw new TemplateProblem(
          "has the filter '" + name + "', which is not known here; there are " + ALL.keySet());
    }
    budget.step();
    return filter.apply(budget, value, arguments);
  }

  static String text(Budget budget, Object value) {
    return PythonText.str(budget, value);
  }

  private static Filter text(BiFunction<Budget, String, String> change) {
    return (budget, value, arguments) -> budget.text(change.apply(budget, text(budget, value)));
  }

  /** Each word behind a space or an opening bracket with a capital first, the rest small. */
  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean begins = true;
    for (int point : text.codePoints().toArray()) {
      String letter = Character.toString(point);
      out.append(begins ? letter.toUpperCase(Locale.ROOT) : letter.toLowerCase(Locale.ROOT));
      begins = "-({[<".indexOf(point) >= 0 || PythonSpace.is(point);
    }
    return out.toString();
  }

  private static Object escape(Budget budget, Object value) {
    if (value instanceof SafeText) {
      return value;
    }
    String text = text(budget, value);
    String[][] pairs = {
      {"&", "&amp;"}, {">", "&gt;"}, {"<", "&lt;"}, {"'", "&#39;"}, {"\"", "&#34;"}
    };
    for (String[] pair : pairs) {
      text = StringMethods.replaced(budget, text, pair[0], pair[1], -1);
    }
    return new SafeText(text);
  }

  private static Object otherwise(Budget budget, Object value, Arguments arguments) {
    arguments.only("default", "default_value", "boolean");
    boolean missing =
        value instanceof Undefined
            || (arguments.truth(1, "boolean", false) && !Values.truth(value));
    return missing ? arguments.get(0, "default_value").orElse("") : value;
  }

  private static Object whole(Budget budget, Object value, Arguments arguments) {
    requireDefined(value);
    Object otherwise = arguments.get(0, "default").orElse(0L);
    if (value instanceof Double number) {
      return Double.isFinite(number) && Math.abs(number) < 9e18
          ? (Object) (long) (double) number
          : otherwise;
    }
    if (value instanceof Long || value instanceof Boolean) {
      return Values.whole(value);
    }
    if (value instanceof String text) {
      String plain = PythonSpace.strip(text, true, true).replace("_", "");
      try {
        return Long.parseLong(plain, Math.toIntExact(arguments.number(1, "base").orElse(10L)));
      } catch (NumberFormatException e) {
        return parsed(plain).<Object>map(number -> (long) (double) number).orElse(otherwise);
      }
    }
    return otherwise;
  }

  private static void requireDefined(Object value) {
    if (value instanceof Undefined undefined) {
      throw undefined.used();
    }
  }

  private static Object real(Object value, Arguments arguments) {
    requireDefined(value);
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    if (value instanceof Boolean truth) {
      return truth ? 1.0 : 0.0;
    }
    Object otherwise = arguments.get(0, "default").orElse(0.0);
    return value instanceof String text
        ? parsed(PythonSpace.strip(text, true, true)).<Object>map(n -> n).orElse(otherwise)
        : otherwise;
  }

  private static Optional<Double> parsed(String text) {
    if (text.length() > 400 || !text.matches("[-+]?(\\d+\\.?\\d*|\\.\\d+)([eE][-+]?\\d+)?")) {
      return Optional.empty();
    }
    return Optional.of(Double.valueOf(text));
  }

  private static Object absolute(Object value) {
    return value instanceof Double number
        ? (Object) Math.abs(number)
        : Math.abs(Values.whole(value));
  }

  private static Object round(Object value, Arguments arguments) {
    arguments.only("round", "precision", "method");
    int digits = Math.toIntExact(arguments.number(0, "precision").orElse(0L));
    String method = arguments.text(1, "method").orElse("common");
    boolean whole = value instanceof Long || value instanceof Boolean;
    if (whole && method.equals("common") && digits >= 0) {
      return Values.whole(value);
    }
    double number = value instanceof Double real ? real : Values.whole(value);
    if (!Double.isFinite(number) || Math.abs(digits) > 300) {
      throw new TemplateProblem("rounds " + number + " to " + digits + " digits");
    }
    double factor = Math.pow(10, digits);
    return switch (method) {
      case "common" -> {
        BigDecimal rounded = new BigDecimal(number).setScale(digits, RoundingMode.HALF_EVEN);
        yield whole ? (Object) rounded.longValue() : rounded.doubleValue();
      }
      case "ceil" -> Math.ceil(number * factor) / factor;
      case "floor" -> Math.floor(number * factor) / factor;
      default ->
          throw new TemplateProblem(
              "rounds by the method '" + method + "'; allowed: common, ceil, floor");
    };
  }

  private static Object replace(Budget budget, Object value, Arguments arguments) {
    arguments.only("replace", "old", "new", "count");
    return StringMethods.replaced(
        budget,
        text(budget, value),
        text(budget, arguments.require(0, "old")),
        text(budget, arguments.require(1, "new")),
        arguments.get(2, "count").filter(c -> c != None.NONE).map(Values::whole).orElse(-1L));
  }

  private static Object indent(Budget budget, Object value, Arguments arguments) {
    arguments.only("indent", "width", "first", "blank");
    Object width = arguments.get(0, "width").orElse(4L);
    long spaces = width instanceof String ? 0 : Math.max(0, Values.whole(width));
    budget.characters(spaces);
    String indention = width instanceof String own ? own : " ".repeat((int) spaces);
    boolean first = arguments.truth(1, "first", false);
    boolean blank = arguments.truth(2, "blank", false);
    StringBuilder out = new StringBuilder();
    boolean begins = true;
    if (!(value instanceof String text)) {
      throw new TemplateProblem("indents " + Values.type(value) + "; allowed: a string");
    }
    for (Object line : Splitting.lines(budget, text + "\n", false)) {
      boolean indented = begins ? first : blank || !((String) line).isEmpty();
      budget.characters(indented ? indention.length() : 1);
      out.append(begins ? "" : "\n").append(indented ? indention : "").append(line);
      begins = false;
    }
    return budget.text(out.toString());
  }
}
