package org.peft4j.chat.internal.jinja;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.peft4j.chat.internal.function.PythonSpace;
import org.peft4j.chat.internal.jinja.Token.Kind;

/** The tokens within a tag, up to its end. */
final class TagLexer {
  private static final List<String> OPERATORS =
      List.of(
          "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", ">", "<", "=", ".", ":",
          "|", ",", ";", "(", ")", "[", "]", "{", "}");

  private final String text;
  private final List<Token> tokens;
  private final Deque<Character> open = new ArrayDeque<>();
  private int at;
  private int line;
  private boolean strips;
  private boolean keeps;

  TagLexer(String text, int at, int line, List<Token> tokens) {
    this.text = text;
    this.at = at;
    this.line = line;
    this.tokens = tokens;
  }

  int at() {
    return at;
  }

  int line() {
    return line;
  }

  /** Whether the tag ends with a minus, which takes the white space behind it away. */
  boolean strips() {
    return strips;
  }

  /** Whether the tag ends with a plus, which keeps the line end behind it. */
  boolean keeps() {
    return keeps;
  }

  void run(String close, int begun) {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (open.isEmpty() && closes(close)) {
        return;
      }
      if (PythonSpace.is(c)) {
        line += c == '\n' ? 1 : 0;
        at++;
      } else if (c == '"' || c == '\'') {
        string(c);
      } else if (c >= '0' && c <= '9') {
        number();
      } else if (Character.isUnicodeIdentifierStart(c) || c == '_') {
        int begin = at;
        while (at < text.length()
            && (Character.isUnicodeIdentifierPart(text.charAt(at)) || text.charAt(at) == '_')) {
          at++;
        }
        add(Kind.NAME, text.substring(begin, at));
      } else {
        operator();
      }
    }
    throw new SyntaxProblem(begun, "begins a tag that does not end");
  }

  private boolean closes(String close) {
    strips = text.startsWith("-" + close, at);
    keeps = text.startsWith("+" + close, at) && close.equals("%}");
    if (!strips && !keeps && !text.startsWith(close, at)) {
      return false;
    }
    at += close.length() + (strips || keeps ? 1 : 0);
    return true;
  }

  private void add(Kind kind, String value) {
    tokens.add(new Token(kind, value, line));
  }

  private void string(char quote) {
    StringBuilder value = new StringBuilder();
    int begun = line;
    at++;
    while (true) {
      if (at >= text.length()) {
        throw new SyntaxProblem(begun, "begins a string that does not end");
      }
      char c = text.charAt(at++);
      if (c == quote) {
        break;
      }
      line += c == '\n' ? 1 : 0;
      if (c == '\\' && at < text.length()) {
        escape(value);
      } else {
        value.append(c);
      }
    }
    add(Kind.STRING, value.toString());
  }

  private void escape(StringBuilder value) {
    char c = text.charAt(at++);
    switch (c) {
      case 'n' -> value.append('\n');
      case 't' -> value.append('\t');
      case 'r' -> value.append('\r');
      case 'b' -> value.append('\b');
      case 'f' -> value.append('\f');
      case 'a' -> value.append('\u0007');
      case 'v' -> value.append('\u000b');
      case '\\', '\'', '"' -> value.append(c);
      case '\n' -> line++;
      case 'x' -> hexadecimal(value, 2);
      case 'u' -> hexadecimal(value, 4);
      case 'U' -> hexadecimal(value, 8);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> octal(value, c - '0');
      default -> value.append('\\').append(c);
    }
  }

  private void octal(StringBuilder value, int first) {
    int code = first;
    for (int i = 0; i < 2 && at < text.length() && "01234567".indexOf(text.charAt(at)) >= 0; i++) {
      code = code * 8 + text.charAt(at++) - '0';
    }
    value.appendCodePoint(code);
  }

  private void hexadecimal(StringBuilder value, int digits) {
    String code = text.substring(at, Math.min(text.length(), at + digits));
    if (!code.matches("[0-9a-fA-F]{" + digits + "}") || Long.parseLong(code, 16) > 0x10ffff) {
      throw new SyntaxProblem(line, "has a string with a broken escape, \\x, \\u or \\U");
    }
    value.appendCodePoint(Integer.parseInt(code, 16));
    at += digits;
  }

  private void number() {
    int begin = at;
    boolean real = false;
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean digit = (c >= '0' && c <= '9') || c == '_';
      boolean fraction = c == '.' && !real && digitAt(at + 1) && !afterDot(begin);
      boolean exponent =
          (c == 'e' || c == 'E')
              && (digitAt(at + 1) || (isSign(at + 1) && digitAt(at + 2)))
              && text.substring(begin, at).indexOf('e') < 0;
      if (exponent && isSign(at + 1)) {
        at++;
      }
      if (!digit && !fraction && !exponent) {
        break;
      }
      real |= fraction || exponent;
      at++;
    }
    add(real ? Kind.FLOAT : Kind.INTEGER, text.substring(begin, at).replace("_", ""));
  }

  /** Whether a dot stands in front, as in {@code x.0.1}, where no number has a fraction. */
  private boolean afterDot(int begin) {
    return begin > 0 && text.charAt(begin - 1) == '.';
  }

  private boolean digitAt(int place) {
    return place < text.length() && text.charAt(place) >= '0' && text.charAt(place) <= '9';
  }

  private boolean isSign(int place) {
    return place < text.length() && (text.charAt(place) == '-' || text.charAt(place) == '+');
  }

  private void operator() {
    for (String operator : OPERATORS) {
      if (text.startsWith(operator, at)) {
        balance(operator.charAt(0), operator.length());
        add(Kind.OPERATOR, operator);
        at += operator.length();
        return;
      }
    }
    throw new SyntaxProblem(line, "has the character '" + text.charAt(at) + "' in a tag");
  }

  private void balance(char c, int length) {
    if (length > 1) {
      return;
    }
    switch (c) {
      case '(' -> open.push(')');
      case '[' -> open.push(']');
      case '{' -> open.push('}');
      case ')', ']', '}' -> {
        if (open.isEmpty() || open.pop() != c) {
          throw new SyntaxProblem(line, "has a '" + c + "' that closes nothing");
        }
      }
      default -> {}
    }
  }
}
