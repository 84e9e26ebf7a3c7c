package org.peft4j.transformers.internal.tokenizer.check;

import static org.peft4j.internal.Quoted.quoted;

import java.util.Set;
import org.peft4j.error.PeftException;

/**
 * A regular expression of a tokenizer, in the part of Oniguruma's language whose work is bounded:
 * characters, classes, groups, looks around, alternatives and repetitions. A match goes through
 * {@link #paths} ways at most. Refused are expressions that can take more than linear time from one
 * place, such as {@code (a|b)*} and {@code \s*\s*x}; back references and calls; and matches of
 * nothing.
 *
 * @param shortest characters that a match has at least
 */
record Expression(String text, Paths paths, int shortest) {
  static final int MAX_LENGTH = 5000;

  /**
   * The expressions of GPT-2, of Llama 3, of Qwen 2 and of tekken. They match something at every
   * place and go on behind it, so that they look at each character a few times only.
   */
  private static final Set<String> WELL_KNOWN =
      Set.of(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
              + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|"
              + "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|"
              + "\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+");

  /** The one of ByteLevel, which is built in. */
  static final Expression BYTE_LEVEL =
      parse(
          "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
          "ByteLevel");

  /**
   * Reads an expression.
   *
   * @param where it stands, for messages
   * @throws PeftException if it is not in the language above
   */
  static Expression parse(String text, String where) {
    if (text.length() > MAX_LENGTH) {
      throw new PeftException(
          "%s has an expression of %,d characters; allowed: up to %,d."
              .formatted(where, text.length(), MAX_LENGTH));
    }
    try {
      ExpressionNode node = new ExpressionParser(text).parse();
      if (node.shortest() == 0) {
        throw new PeftException("can match nothing");
      }
      return new Expression(text, node.paths(false), node.shortest());
    } catch (PeftException e) {
      throw new PeftException(
          where
              + " has the expression "
              + quoted(text)
              + ", which "
              + e.getMessage()
              + ". Such expressions are not run, as they could stop the whole process.",
          e);
    }
  }

  boolean isWellKnown() {
    return WELL_KNOWN.contains(text);
  }
}
