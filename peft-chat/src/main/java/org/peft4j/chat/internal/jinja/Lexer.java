package org.peft4j.chat.internal.jinja;

import java.util.ArrayList;
import java.util.List;
import org.peft4j.chat.internal.function.PythonSpace;
import org.peft4j.chat.internal.jinja.Token.Kind;

/**
 * Cuts a template into tokens, with transformers' settings: {@code trim_blocks} (the line end
 * behind a block tag or comment goes), {@code lstrip_blocks} (so does the white space in front of
 * one that begins its line), and the last line end of the template goes.
 */
final class Lexer {
  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  /** Whether what came before ended a line, so that white space may be that of a line's begin. */
  private boolean lineBegins = true;

  private Lexer(String text) {
    this.text = text;
  }

  static List<Token> tokens(String template) {
    String text = template.replace("\r\n", "\n").replace('\r', '\n');
    Lexer lexer = new Lexer(text.endsWith("\n") ? text.substring(0, text.length() - 1) : text);
    lexer.run();
    return lexer.tokens;
  }

  private void run() {
    while (at < text.length()) {
      int tag = nextTag(at);
      String data = text.substring(at, tag);
      if (tag == text.length()) {
        addData(data);
        at = tag;
        break;
      }
      char kind = text.charAt(tag + 1);
      char sign = tag + 2 < text.length() ? text.charAt(tag + 2) : ' ';
      boolean signed = sign == '-' || sign == '+';
      addData(withoutEnd(data, kind, sign));
      line += newLines(data);
      at = tag + (signed ? 3 : 2);
      switch (kind) {
        case '#' -> comment(tag);
        case '{' -> tag(Kind.PRINT, "}}");
        default -> {
          if (!raw()) {
            tag(Kind.BLOCK, "%}");
          }
        }
      }
    }
    tokens.add(new Token(Kind.END, "", line));
  }

  private int nextTag(int from) {
    for (int i = from; i + 1 < text.length(); i++) {
      char next = text.charAt(i + 1);
      if (text.charAt(i) == '{' && (next == '{' || next == '%' || next == '#')) {
        return i;
      }
    }
    return text.length();
  }

  private String withoutEnd(String data, char kind, char sign) {
    if (sign == '-') {
      return PythonSpace.strip(data, false, true);
    }
    if (kind == '{' || sign == '+') {
      return data;
    }
    int begin = data.lastIndexOf('\n') + 1;
    boolean blank = data.substring(begin).chars().allMatch(PythonSpace::is);
    return blank && (begin > 0 || lineBegins) ? data.substring(0, begin) : data;
  }

  private void addData(String data) {
    if (!data.isEmpty()) {
      tokens.add(new Token(Kind.DATA, data, line));
    }
  }

  private static int newLines(String part) {
    return (int) part.chars().filter(c -> c == '\n').count();
  }

  private void comment(int begin) {
    int end = text.indexOf("#}", at);
    if (end < 0) {
      throw new SyntaxProblem(line, "begins a comment that does not end");
    }
    line += newLines(text.substring(at, end));
    boolean strips = end > begin + 2 && text.charAt(end - 1) == '-' && end - 1 >= at;
    boolean keeps = end > begin + 2 && text.charAt(end - 1) == '+' && end - 1 >= at;
    at = end + 2;
    closed(strips, !keeps);
  }

  /** Behind the end of a tag. */
  private void closed(boolean strips, boolean trims) {
    int begin = at;
    if (strips) {
      while (at < text.length() && PythonSpace.is(text.charAt(at))) {
        at++;
      }
    } else if (trims && at < text.length() && text.charAt(at) == '\n') {
      at++;
    }
    line += newLines(text.substring(begin, at));
    lineBegins = at > begin && text.charAt(at - 1) == '\n';
  }

  private boolean raw() {
    int end = word(at, "raw");
    if (end < 0) {
      return false;
    }
    at = end;
    int close = closing(at);
    if (close < 0) {
      return false;
    }
    boolean strips = text.charAt(at) == '-';
    at = close;
    closed(strips, true);
    for (int tag = text.indexOf("{%", at); tag >= 0; tag = text.indexOf("{%", tag + 1)) {
      char sign = tag + 2 < text.length() ? text.charAt(tag + 2) : ' ';
      int name = word(tag + (sign == '-' || sign == '+' ? 3 : 2), "endraw");
      int last = name < 0 ? -1 : closing(name);
      if (last >= 0) {
        String data = text.substring(at, tag);
        addData(withoutEnd(data, '%', sign));
        line += newLines(data);
        boolean stripsAfter = text.charAt(name) == '-';
        boolean keepsAfter = text.charAt(name) == '+';
        at = last;
        closed(stripsAfter, !keepsAfter);
        return true;
      }
    }
    throw new SyntaxProblem(line, "begins a raw part that does not end");
  }

  /** Behind a word between white space, or less than 0. */
  private int word(int from, String word) {
    int i = skipSpace(from);
    return text.startsWith(word, i) ? skipSpace(i + word.length()) : -1;
  }

  private int closing(int from) {
    int i =
        from < text.length() && (text.charAt(from) == '-' || text.charAt(from) == '+')
            ? from + 1
            : from;
    return text.startsWith("%}", i) ? i + 2 : -1;
  }

  private int skipSpace(int from) {
    int i = from;
    while (i < text.length() && PythonSpace.is(text.charAt(i))) {
      i++;
    }
    return i;
  }

  private void tag(Kind kind, String close) {
    int begun = line;
    tokens.add(new Token(kind, "", line));
    TagLexer lexer = new TagLexer(text, at, line, tokens);
    lexer.run(close, begun);
    at = lexer.at();
    line = lexer.line();
    tokens.add(new Token(Kind.CLOSE, "", line));
    closed(lexer.strips(), kind == Kind.BLOCK && !lexer.keeps());
  }
}
