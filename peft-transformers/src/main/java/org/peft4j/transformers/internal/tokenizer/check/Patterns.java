package org.peft4j.transformers.internal.tokenizer.check;

/** The {@code pattern} of a step that splits or replaces: a text, or an expression. */
final class Patterns {
  private Patterns() {}

  /**
   * Checks it, and takes in what looking for it costs.
   *
   * @return the characters that a match has at least
   */
  static int read(Fields step, Effort effort) {
    Fields pattern =
        step.object("pattern")
            .orElseThrow(() -> step.problem("pattern", "{\"String\": …} or {\"Regex\": …}"));
    int shortest;
    if (pattern.node("Regex").isMissingNode()) {
      String text = pattern.text("String");
      if (text.isEmpty()) {
        throw pattern.problem("String", "a text of at least one character");
      }
      shortest = text.codePointCount(0, text.length());
    } else {
      if (!pattern.node("Regex").isTextual()) {
        throw pattern.problem("Regex", "a text");
      }
      String text = pattern.node("Regex").textValue();
      WholeText.require(text, pattern.at("Regex"));
      Expression expression = Expression.parse(text, pattern.at("Regex"));
      effort.match(expression);
      shortest = expression.shortest();
    }
    pattern.end();
    return shortest;
  }

  /**
   * Checks {@code pattern} and {@code content} of a step that puts one in place of the other.
   *
   * @return the content
   */
  static String replacement(Fields step, Effort effort) {
    int shortest = read(step, effort);
    String content = step.text("content");
    effort.grow((double) content.codePointCount(0, content.length()) / shortest, step.where());
    return content;
  }
}
