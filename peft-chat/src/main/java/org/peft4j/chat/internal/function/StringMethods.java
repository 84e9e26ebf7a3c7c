package org.peft4j.chat.internal.function;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.peft4j.chat.internal.value.Arguments;
import org.peft4j.chat.internal.value.Budget;
import org.peft4j.chat.internal.value.Callable;
import org.peft4j.chat.internal.value.None;
import org.peft4j.chat.internal.value.Slices;
import org.peft4j.chat.internal.value.TemplateProblem;
import org.peft4j.chat.internal.value.Tuple;
import org.peft4j.chat.internal.value.Values;

/** The methods of Python's strings. */
final class StringMethods {
  private interface Method {
    Object call(Budget budget, String text, Arguments arguments);
  }

  private static final Map<String, Method> ALL =
      Map.ofEntries(
          Map.entry("strip", (budget, text, a) -> strip(budget, text, a, true, true)),
          Map.entry("lstrip", (budget, text, a) -> strip(budget, text, a, true, false)),
          Map.entry("rstrip", (budget, text, a) -> strip(budget, text, a, false, true)),
          Map.entry("split", (budget, text, a) -> Splitting.split(budget, text, a, false)),
          Map.entry("rsplit", (budget, text, a) -> Splitting.split(budget, text, a, true)),
          Map.entry(
              "splitlines",
              (budget, text, a) ->
                  Splitting.lines(
                      budget, text, a.only("splitlines", "keepends").truth(0, "keepends", false))),
          Map.entry(
              "partition",
              (budget, text, a) -> Splitting.partition(budget, text, needed(a, "sep"), false)),
          Map.entry(
              "rpartition",
              (budget, text, a) -> Splitting.partition(budget, text, needed(a, "sep"), true)),
          Map.entry("startswith", (budget, text, a) -> ends(budget, text, a, true)),
          Map.entry("endswith", (budget, text, a) -> ends(budget, text, a, false)),
          Map.entry("replace", StringMethods::replace),
          Map.entry("title", (budget, text, a) -> budget.text(title(text))),
          Map.entry("capitalize", (budget, text, a) -> budget.text(capitalized(text))),
          Map.entry("upper", (budget, text, a) -> budget.text(text.toUpperCase(Locale.ROOT))),
          Map.entry("lower", (budget, text, a) -> budget.text(text.toLowerCase(Locale.ROOT))),
          Map.entry("swapcase", (budget, text, a) -> budget.text(swapped(text))),
          Map.entry("zfill", (budget, text, a) -> zeros(budget, text, a)),
          Map.entry("center", (budget, text, a) -> padded(budget, text, a, 2)),
          Map.entry("find", (budget, text, a) -> find(budget, text, a, false)),
          Map.entry("rfind", (budget, text, a) -> find(budget, text, a, true)),
          Map.entry("index", (budget, text, a) -> found(find(budget, text, a, false))),
          Map.entry("rindex", (budget, text, a) -> found(find(budget, text, a, true))),
          Map.entry("count", (budget, text, a) -> count(budget, text, needed(a, "sub"))),
          Map.entry(
              "join",
              (budget, text, a) -> {
                a.only("join", "iterable");
                return join(budget, text, a.require(0, "iterable"));
              }),
          Map.entry("format", PythonFormat::braces),
          Map.entry(
              "removeprefix",
              (budget, text, a) -> {
                String prefix = needed(a, "prefix");
                return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
              }),
          Map.entry(
              "removesuffix",
              (budget, text, a) -> {
                String suffix = needed(a, "suffix");
                return text.endsWith(suffix)
                    ? text.substring(0, text.length() - suffix.length())
                    : text;
              }),
          Map.entry("ljust", (budget, text, a) -> padded(budget, text, a, 0)),
          Map.entry("rjust", (budget, text, a) -> padded(budget, text, a, 1)),
          Map.entry("isspace", (budget, text, a) -> all(text, PythonSpace::is)),
          Map.entry("isdigit", (budget, text, a) -> all(text, Character::isDigit)),
          Map.entry("isalpha", (budget, text, a) -> all(text, Character::isLetter)),
          Map.entry("isalnum", (budget, text, a) -> all(text, Character::isLetterOrDigit)),
          Map.entry("isupper", (budget, text, a) -> cased(text, Character::isLowerCase)),
          Map.entry("islower", (budget, text, a) -> cased(text, Character::isUpperCase)));

  private StringMethods() {}

  /** A method of a string by its name. */
  static Optional<Callable> of(String text, String name) {
    return Optional.ofNullable(ALL.get(name))
        .map(method -> (budget, arguments) -> method.call(budget, text, arguments));
  }

  private static String needed(Arguments arguments, String name) {
    arguments.require(0, name);
    return arguments
        .text(0, name)
        .orElseThrow(() -> new TemplateProblem("the argument '" + name + "' is None"));
  }

  static String strip(
      Budget budget, String text, Arguments arguments, boolean left, boolean right) {
    arguments.only("strip", "chars");
    Optional<String> characters = arguments.text(0, "chars");
    budget.characters(text.length());
    if (characters.isEmpty()) {
      return PythonSpace.strip(text, left, right);
    }
    int begin = 0;
    int end = text.length();
    budget.steps((long) Math.min(characters.get().length(), 64) * text.length() / 64);
    while (left && begin < end && characters.get().indexOf(text.codePointAt(begin)) >= 0) {
      begin += Character.charCount(text.codePointAt(begin));
    }
    while (right && end > begin && characters.get().indexOf(text.codePointBefore(end)) >= 0) {
      end -= Character.charCount(text.codePointBefore(end));
    }
    return text.substring(begin, end);
  }

  private static Object ends(Budget budget, String text, Arguments arguments, boolean atStart) {
    arguments.only("startswith or endswith", "prefix", "start", "end");
    Object wanted = arguments.require(0, "prefix");
    String part = (String) cut(budget, text, arguments);
    List<?> all = wanted instanceof Tuple tuple ? tuple : List.of(wanted);
    for (Object each : all) {
      if (!(each instanceof String end)) {
        throw new TemplateProblem(
            "startswith() or endswith() is given " + Values.type(each) + "; allowed: strings");
      }
      if (atStart ? part.startsWith(end) : part.endsWith(end)) {
        return true;
      }
    }
    return false;
  }

  private static Object cut(Budget budget, String text, Arguments arguments) {
    Optional<Long> start = arguments.number(1, "start");
    Optional<Long> end = arguments.number(2, "end");
    return start.isEmpty() && end.isEmpty()
        ? text
        : Slices.of(budget, text, start, end, Optional.empty());
  }

  private static Object replace(Budget budget, String text, Arguments arguments) {
    arguments.only("replace", "old", "new", "count");
    arguments.require(1, "new");
    String old = needed(arguments, "old");
    String fresh =
        arguments
            .text(1, "new")
            .orElseThrow(() -> new TemplateProblem("replace() is given None; allowed: a string"));
    return replaced(budget, text, old, fresh, arguments.number(2, "count").orElse(-1L));
  }

  /** Python's {@code text.replace(old, new, count)}: everywhere, if the count is below 0. */
  static String replaced(Budget budget, String text, String old, String fresh, long count) {
    if (count == 0) {
      return text;
    }
    if (old.isEmpty()) {
      return between(budget, text, fresh, count);
    }
    budget.characters(text.length());
    StringBuilder out = new StringBuilder();
    int begin = 0;
    long left = count;
    for (int at = text.indexOf(old); at >= 0 && left != 0; at = text.indexOf(old, begin)) {
      budget.characters(fresh.length());
      budget.step();
      out.append(text, begin, at).append(fresh);
      begin = at + old.length();
      left--;
    }
    return out.append(text, begin, text.length()).toString();
  }

  private static String between(Budget budget, String text, String fresh, long count) {
    StringBuilder out = new StringBuilder();
    long left = count;
    for (int i = 0; i <= text.length(); ) {
      if (left != 0) {
        budget.characters(fresh.length());
        out.append(fresh);
        left--;
      }
      if (i == text.length()) {
        break;
      }
      budget.step();
      int point = text.codePointAt(i);
      out.appendCodePoint(point);
      i += Character.charCount(point);
    }
    return out.toString();
  }

  /** Each run of letters with a capital first, as {@code str.title()}. */
  private static String title(String text) {
    StringBuilder out = new StringBuilder();
    boolean within = false;
    for (int point : text.codePoints().toArray()) {
      boolean letter =
          Character.isLowerCase(point)
              || Character.isUpperCase(point)
              || Character.isTitleCase(point);
      out.append(letter && !within ? titleCase(point) : lower(point));
      within = letter;
    }
    return out.toString();
  }

  private static String titleCase(int point) {
    int title = Character.toTitleCase(point);
    String upper = Character.toString(point).toUpperCase(Locale.ROOT);
    // Letters that become two, as ß, have no title case of one.
    return title == point && upper.codePointCount(0, upper.length()) > 1
        ? capitalized(upper)
        : Character.toString(title);
  }

  private static String swapped(String text) {
    StringBuilder out = new StringBuilder();
    for (int point : text.codePoints().toArray()) {
      String letter = Character.toString(point);
      out.append(Character.isUpperCase(point) ? lower(point) : letter.toUpperCase(Locale.ROOT));
    }
    return out.toString();
  }

  private static String zeros(Budget budget, String text, Arguments arguments) {
    long missing = Values.whole(arguments.require(0, "width")) - Values.length(text);
    if (missing <= 0) {
      return text;
    }
    budget.characters(missing + text.length());
    int sign = text.startsWith("-") || text.startsWith("+") ? 1 : 0;
    return text.substring(0, sign) + "0".repeat((int) missing) + text.substring(sign);
  }

  private static String lower(int point) {
    return Character.toString(point).toLowerCase(Locale.ROOT);
  }

  /** The first letter large, the others small. */
  static String capitalized(String text) {
    if (text.isEmpty()) {
      return text;
    }
    int length = Character.charCount(text.codePointAt(0));
    String first = Character.toString(Character.toTitleCase(text.codePointAt(0)));
    return first + text.substring(length).toLowerCase(Locale.ROOT);
  }

  private static long find(Budget budget, String text, Arguments arguments, boolean last) {
    arguments.only("find", "sub", "start", "end");
    String part = (String) cut(budget, text, arguments);
    budget.steps(text.length() / 16);
    String sub = needed(arguments, "sub");
    int at = last ? part.lastIndexOf(sub) : part.indexOf(sub);
    if (at < 0) {
      return -1;
    }
    long start = arguments.number(1, "start").orElse(0L);
    long first = start < 0 ? Math.max(0, start + Values.length(text)) : start;
    return first + part.codePointCount(0, at);
  }

  private static long found(long place) {
    if (place < 0) {
      throw new TemplateProblem("index() finds no such part of the string");
    }
    return place;
  }

  private static long count(Budget budget, String text, String part) {
    budget.steps(text.length() / 16);
    if (part.isEmpty()) {
      return Values.length(text) + 1;
    }
    long count = 0;
    for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
      count++;
    }
    return count;
  }

  private static String join(Budget budget, String separator, Object values) {
    StringBuilder out = new StringBuilder();
    String between = "";
    for (Object value : Values.items(budget, values)) {
      if (!(value instanceof String text)) {
        throw new TemplateProblem("join() is given " + Values.type(value) + "; allowed: strings");
      }
      budget.characters((long) between.length() + text.length());
      out.append(between).append(text);
      between = separator;
    }
    return out.toString();
  }

  /** Filled up to a width, with so much of the filling in front: 0, 1, or 2 for half of it. */
  static String padded(Budget budget, String text, Arguments arguments, int side) {
    long width = Values.whole(arguments.require(0, "width"));
    String fill =
        arguments.get(1, "fillchar").filter(f -> f != None.NONE).isPresent()
            ? arguments.text(1, "fillchar").orElse(" ")
            : " ";
    long missing = Math.max(0, width - Values.length(text));
    budget.characters(missing + text.length());
    long left = side == 0 ? 0 : side == 1 ? missing : missing / 2 + (missing & width & 1);
    return fill.repeat((int) left) + text + fill.repeat((int) (missing - left));
  }

  private static boolean all(String text, IntPredicate test) {
    return !text.isEmpty() && text.codePoints().allMatch(test);
  }

  private static boolean cased(String text, IntPredicate wrong) {
    return text.codePoints().noneMatch(wrong)
        && text.codePoints().anyMatch(p -> Character.isLowerCase(p) || Character.isUpperCase(p));
  }
}
