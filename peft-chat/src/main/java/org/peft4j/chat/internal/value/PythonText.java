package org.peft4j.chat.internal.value;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** Python's {@code str()} and {@code repr()} of a value. */
public final class PythonText {
  private final StringBuilder out = new StringBuilder();
  private final Budget budget;
  private int charged;

  private PythonText(Budget budget) {
    this.budget = budget;
  }

  /** What printing a value writes. */
  public static String str(Budget budget, Object value) {
    if (value instanceof String text) {
      return text;
    }
    if (value instanceof SafeText safe) {
      return safe.text();
    }
    return value instanceof Undefined ? "" : repr(budget, value);
  }

  /** A value as Python's source would have it. */
  public static String repr(Budget budget, Object value) {
    PythonText text = new PythonText(budget);
    text.write(value);
    text.charge();
    return text.out.toString();
  }

  private void charge() {
    budget.characters(out.length() - charged);
    charged = out.length();
  }

  private void write(Object value) {
    budget.step();
    if (value instanceof String text) {
      writeQuoted(text);
    } else if (value instanceof SafeText safe) {
      out.append("Markup(");
      writeQuoted(safe.text());
      out.append(')');
    } else if (value == None.NONE) {
      out.append("None");
    } else if (value instanceof Boolean truth) {
      out.append(truth ? "True" : "False");
    } else if (value instanceof Double number) {
      out.append(number(number));
    } else if (value instanceof Number || value instanceof Range) {
      out.append(value);
    } else if (value instanceof Undefined) {
      out.append("Undefined");
    } else if (value instanceof Tuple tuple) {
      writeList("(", tuple, tuple.size() == 1 ? ",)" : ")");
    } else if (value instanceof List<?> list) {
      writeList("[", list, "]");
    } else if (value instanceof DictView view) {
      writeList(view.kind() + "([", view.items(), "])");
    } else if (value instanceof Map<?, ?> map) {
      writeMap(map);
    } else {
      throw new TemplateProblem(
          "prints " + Values.type(value) + ", which has no text; call it, or make it a list");
    }
    charge();
  }

  private void writeList(String begin, List<?> items, String end) {
    budget.enter();
    out.append(begin);
    String separator = "";
    for (Object item : items) {
      out.append(separator);
      write(item);
      separator = ", ";
    }
    out.append(end);
    budget.leave();
  }

  private void writeMap(Map<?, ?> map) {
    budget.enter();
    out.append('{');
    String separator = "";
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      out.append(separator);
      write(entry.getKey());
      out.append(": ");
      write(entry.getValue());
      separator = ", ";
    }
    out.append('}');
    budget.leave();
  }

  private void writeQuoted(String text) {
    char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
    out.append(quote);
    text.codePoints()
        .forEach(
            point -> {
              switch (point) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                  if (point == quote) {
                    out.append('\\').append(quote);
                  } else if (printable(point)) {
                    out.appendCodePoint(point);
                  } else {
                    String format =
                        point < 0x100 ? "\\x%02x" : point < 0x10000 ? "\\u%04x" : "\\U%08x";
                    out.append(format.formatted(point));
                  }
                }
              }
            });
    out.append(quote);
  }

  private static boolean printable(int point) {
    return switch (Character.getType(point)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      case Character.SPACE_SEPARATOR -> point == ' ';
      default -> true;
    };
  }

  /** A floating-point number in the fewest digits that give it again. */
  public static String number(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "inf" : "-inf";
    }
    if (value == 0) {
      return 1 / value < 0 ? "-0.0" : "0.0";
    }
    BigDecimal exact = new BigDecimal(value);
    BigDecimal shortest = exact;
    for (int digits = 1; digits <= 17; digits++) {
      shortest = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
      if (shortest.doubleValue() == value) {
        break;
      }
    }
    shortest = shortest.stripTrailingZeros();
    int exponent = shortest.precision() - shortest.scale() - 1;
    if (exponent >= -4 && exponent < 16) {
      String plain = shortest.toPlainString();
      return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
    String digits = shortest.unscaledValue().abs().toString();
    String mantissa = digits.length() == 1 ? digits : digits.charAt(0) + "." + digits.substring(1);
    return (value < 0 ? "-" : "")
        + mantissa
        + (exponent < 0 ? "e-" : "e+")
        + (Math.abs(exponent) < 10 ? "0" : "")
        + Math.abs(exponent);
  }
}
