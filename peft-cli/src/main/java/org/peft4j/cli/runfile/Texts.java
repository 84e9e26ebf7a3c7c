package org.peft4j.cli.runfile;

import com.fasterxml.jackson.databind.node.TextNode;
import java.util.regex.Pattern;

/** Texts as YAML and JSON write them. */
final class Texts {
  /** What YAML reads as the same text without quotes. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9./_][A-Za-z0-9./_+-]*");

  private static final Pattern JSON =
      Pattern.compile("true|false|null|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?");

  private Texts() {}

  /** A text in quotes. */
  static String json(String text) {
    return TextNode.valueOf(text).toString();
  }

  /** Whether it is a number, true, false or null of JSON. */
  static boolean isJson(String text) {
    return JSON.matcher(text).matches();
  }

  /** A text in quotes where it needs them. */
  static String yaml(String text) {
    return PLAIN.matcher(text).matches() && !text.equals("null") ? text : json(text);
  }
}
