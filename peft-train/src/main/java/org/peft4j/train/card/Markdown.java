package org.peft4j.train.card;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.regex.Pattern;

/** Texts from outside in Markdown, YAML and code: they stay texts, on their line. */
final class Markdown {
  private static final Pattern SPECIAL = Pattern.compile("[\\\\`*_{}\\[\\]<>()#+!|~&-]");
  private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}|\\u2028|\\u2029");

  private Markdown() {}

  /** A text in a paragraph or a heading. */
  static String text(String text) {
    return SPECIAL.matcher(line(text)).replaceAll("\\\\$0").replace("\\<", "&lt;");
  }

  /** A text as code, between more backticks than it has in a row. */
  static String code(String text) {
    String line = line(text);
    if (line.isBlank()) {
      return text(line);
    }
    String ticks = "`";
    while (line.contains(ticks)) {
      ticks += "`";
    }
    boolean padded = line.startsWith("`") || line.endsWith("`");
    return padded ? ticks + " " + line + " " + ticks : ticks + line + ticks;
  }

  /** A text in a table. */
  static String cell(String text) {
    return code(text).replace("|", "\\|");
  }

  /** A text as a string of YAML, JSON, Python and Java: with double quotes and escapes. */
  static String quoted(String text) {
    return TextNode.valueOf(line(text)).toString();
  }

  private static String line(String text) {
    return CONTROL.matcher(text).replaceAll(" ");
  }
}
