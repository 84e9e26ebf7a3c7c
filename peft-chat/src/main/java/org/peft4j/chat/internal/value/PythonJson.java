package org.peft4j.chat.internal.value;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Python's {@code json.dumps}, as transformers' {@code tojson} calls it: nothing escaped for HTML,
 * and letters beyond ASCII as they are, unless asked for.
 */
public final class PythonJson {
  private final StringBuilder out = new StringBuilder();
  private final Budget budget;
  private final boolean ascii;
  private final Optional<String> indent;
  private final String comma;
  private final String colon;
  private final boolean sorted;
  private int charged;

  private PythonJson(Budget budget, Arguments arguments) {
    this.budget = budget;
    this.ascii = arguments.truth(0, "ensure_ascii", false);
    this.indent =
        arguments
            .get(1, "indent")
            .filter(value -> value != None.NONE)
            .map(
                value -> {
                  if (value instanceof String text) {
                    return text;
                  }
                  long width = Math.max(0, Values.whole(value));
                  budget.characters(width);
                  return " ".repeat((int) width);
                });
    Optional<List<Object>> separators =
        arguments
            .get(2, "separators")
            .filter(value -> value != None.NONE)
            .map(value -> Values.items(budget, value));
    if (separators.isPresent() && separators.get().size() != 2) {
      throw new TemplateProblem(
          "tojson has separators of " + separators.get().size() + " texts; allowed: two");
    }
    this.comma =
        separators
            .map(both -> PythonText.str(budget, both.get(0)))
            .orElse(indent.isPresent() ? "," : ", ");
    this.colon = separators.map(both -> PythonText.str(budget, both.get(1))).orElse(": ");
    this.sorted = arguments.truth(3, "sort_keys", false);
  }

  /** The JSON text of a value, with the arguments of {@code tojson}. */
  public static String of(Budget budget, Object value, Arguments arguments) {
    arguments.only("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
    PythonJson json = new PythonJson(budget, arguments);
    json.write(value, 0);
    return json.out.toString();
  }

  private void write(Object value, int depth) {
    budget.step();
    if (value instanceof String text) {
      writeQuoted(text);
    } else if (value instanceof SafeText safe) {
      writeQuoted(safe.text());
    } else if (value instanceof List<?> list && !(value instanceof Range)) {
      writeList(list, depth);
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map, depth);
    } else {
      out.append(scalar(value));
    }
    budget.characters(out.length() - charged);
    charged = out.length();
  }

  private static String scalar(Object value) {
    if (value == None.NONE) {
      return "null";
    }
    if (value instanceof Boolean truth) {
      return truth ? "true" : "false";
    }
    if (value instanceof Double number) {
      return Double.isFinite(number)
          ? PythonText.number(number)
          : number.isNaN() ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
    }
    if (value instanceof Number) {
      return value.toString();
    }
    throw new TemplateProblem(Values.type(value) + " cannot be written as JSON");
  }

  private void writeList(List<?> list, int depth) {
    if (list.isEmpty()) {
      out.append("[]");
      return;
    }
    budget.enter();
    out.append('[');
    boolean first = true;
    for (Object item : list) {
      separate(first, depth + 1);
      write(item, depth + 1);
      first = false;
    }
    newLine(depth);
    out.append(']');
    budget.leave();
  }

  private void writeMap(Map<?, ?> map, int depth) {
    if (map.isEmpty()) {
      out.append("{}");
      return;
    }
    budget.enter();
    out.append('{');
    boolean first = true;
    List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
    if (sorted) {
      entries.sort((a, b) -> Comparison.order(budget, a.getKey(), b.getKey()));
    }
    for (Map.Entry<?, ?> entry : entries) {
      separate(first, depth + 1);
      Object key = entry.getKey();
      writeQuoted(key instanceof String text ? text : scalar(key));
      out.append(colon);
      write(entry.getValue(), depth + 1);
      first = false;
    }
    newLine(depth);
    out.append('}');
    budget.leave();
  }

  private void separate(boolean first, int depth) {
    if (!first) {
      out.append(comma);
    }
    newLine(depth);
  }

  private void newLine(int depth) {
    if (indent.isPresent()) {
      budget.characters((long) depth * indent.get().length());
      out.append('\n').append(indent.get().repeat(depth));
      charged = Math.max(charged, out.length());
    }
  }

  private void writeQuoted(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case '\b' -> out.append("\\b");
        default -> {
          if (c < 0x20 || (ascii && c > 0x7e)) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
