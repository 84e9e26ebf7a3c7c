package org.peft4j.config;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;
import org.peft4j.internal.Quoted;
import org.peft4j.internal.pattern.PatternError;
import org.peft4j.internal.pattern.PythonPattern;

/**
 * A regular expression over module paths, in the language of Python's {@code re}: what Python would
 * read differently or not at all is an error. It may come from an untrusted file, so the time of a
 * match is bounded.
 */
public final class ModulePattern {
  private static final int MAX_LENGTH = 10_000;

  private final String text;
  private final PythonPattern pattern;

  private ModulePattern(String text, PythonPattern pattern) {
    this.text = text;
    this.pattern = pattern;
  }

  /**
   * Compiles {@code text}.
   *
   * @param field the config field, for messages
   * @throws PeftException if it is longer than 10,000 characters, is not a regular expression of
   *     Python's, refers to its own groups, or repeats too often
   */
  public static ModulePattern compile(String field, String text) {
    return compile(field, text, text);
  }

  /** A pattern of {@code rank_pattern} or {@code alpha_pattern}: it may match the path's end. */
  public static ModulePattern suffix(String field, String text) {
    return compile(field, text, "(.*\\.)?(" + text + ")");
  }

  /** Whether {@code text} is a path: as an expression, its dots stand for any character. */
  static boolean isPath(String text) {
    return !text.isEmpty()
        && text.chars()
            .allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || "_.".indexOf(c) >= 0));
  }

  /** What {@link #suffix} of a path matches, without reading it as an expression. */
  static boolean endsWith(String path, String text) {
    int begin = path.length() - text.length();
    if (begin < 0 || (begin > 0 && path.charAt(begin - 1) != '.')) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      char wanted = text.charAt(i);
      char found = path.charAt(begin + i);
      if (wanted == '.' ? found == '\n' : found != wanted) {
        return false;
      }
    }
    return true;
  }

  private static ModulePattern compile(String field, String text, String whole) {
    if (text.length() > MAX_LENGTH) {
      throw new PeftException(
          field
              + " is a pattern of "
              + text.length()
              + " characters; allowed: "
              + MAX_LENGTH
              + ".");
    }
    try {
      // Alone first: a text that closes the parenthesis around it is no expression.
      PythonPattern alone = PythonPattern.of(text);
      return new ModulePattern(text, whole.equals(text) ? alone : PythonPattern.of(whole));
    } catch (PatternError e) {
      throw new PeftException(
          field
              + " is not a regular expression that Python reads: "
              + Quoted.quoted(text)
              + " has "
              + e.reason()
              + ".",
          e);
    }
  }

  /**
   * Whether the whole of {@code path} matches.
   *
   * @throws PeftException if that takes too long
   */
  public boolean matches(String path) {
    return bounded(() -> pattern.matches(path));
  }

  /**
   * The last group's text if {@code path} begins with a match, or null.
   *
   * @throws PeftException if that takes too long
   */
  public @Nullable String lastGroup(String path) {
    return bounded(() -> pattern.groups() == 0 ? null : pattern.group(pattern.groups(), path));
  }

  private <T extends @Nullable Object> T bounded(Supplier<T> match) {
    try {
      return match.get();
    } catch (PatternError e) {
      throw new PeftException(
          "The pattern "
              + Quoted.quoted(text)
              + " takes too long on a module path: there is "
              + e.reason()
              + ". Simplify it.",
          e);
    }
  }
}
