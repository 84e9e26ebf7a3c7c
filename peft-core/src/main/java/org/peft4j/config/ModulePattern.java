package org.peft4j.config;

import static org.peft4j.internal.Quoted.quoted;

import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.peft4j.error.PeftException;

/**
 * A regular expression over module paths, in Python's syntax. It may come from an untrusted file,
 * so matching has a budget: a pattern that backtracks without end is an error.
 */
public final class ModulePattern {
  private static final int BUDGET = 200_000;
  private static final int MAX_LENGTH = 10_000;

  private final Pattern pattern;

  private ModulePattern(Pattern pattern) {
    this.pattern = pattern;
  }

  /**
   * Compiles {@code text}.
   *
   * @param field the config field, for messages
   */
  public static ModulePattern compile(String field, String text) {
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
      return new ModulePattern(Pattern.compile(text.replace("(?P<", "(?<")));
    } catch (PatternSyntaxException e) {
      throw new PeftException(
          field
              + " is not a regular expression: "
              + e.getDescription()
              + " in "
              + quoted(text)
              + ".",
          e);
    }
  }

  /** A pattern of {@code rank_pattern} or {@code alpha_pattern}: it may match the path's end. */
  public static ModulePattern suffix(String field, String text) {
    return compile(field, "(.*\\.)?(" + text + ")");
  }

  /** Whether the whole of {@code path} matches. */
  public boolean matches(String path) {
    return found(matcher(path)::matches);
  }

  /** The last group's text if {@code path} begins with a match, or null. */
  public @Nullable String lastGroup(String path) {
    Matcher matcher = matcher(path);
    return found(matcher::lookingAt) ? matcher.group(matcher.groupCount()) : null;
  }

  /** Java's matcher calls itself for each repetition of a group. */
  private boolean found(BooleanSupplier search) {
    try {
      return search.getAsBoolean();
    } catch (StackOverflowError e) {
      throw new PeftException(tooLong(pattern.pattern()), e);
    }
  }

  private static String tooLong(String pattern) {
    return "The pattern "
        + quoted(pattern)
        + " takes too long on module paths: it backtracks without end. Simplify it.";
  }

  private Matcher matcher(String path) {
    return pattern.matcher(new Budgeted(path, new int[] {BUDGET}, pattern.pattern()));
  }

  private record Budgeted(CharSequence text, int[] budget, String pattern) implements CharSequence {
    @Override
    public int length() {
      return text.length();
    }

    @Override
    public char charAt(int index) {
      if (--budget[0] < 0) {
        throw new PeftException(tooLong(pattern));
      }
      return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return new Budgeted(text.subSequence(start, end), budget, pattern);
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
