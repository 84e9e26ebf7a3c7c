package org.peft4j.internal.pattern;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A regular expression in the language of Python's {@code re}. A match takes time in proportion to
 * the expression's length times the text's: no place in the text is tried twice with the same part
 * of the expression. Conditions ahead and behind multiply this by the text's length; a budget of
 * steps bounds them.
 */
public final class PythonPattern {
  private static final int BUDGET = 4_000_000;
  private static final int MAX_TEXT = 10_000;

  private final Program program;
  private final int groups;

  private PythonPattern(Program program, int groups) {
    this.program = program;
    this.groups = groups;
  }

  /**
   * Reads an expression.
   *
   * @throws PatternError if Python would not accept it, it is too long when its counted repetitions
   *     are written out, or it refers to groups
   */
  public static PythonPattern of(String text) {
    PatternParser.Parsed parsed = PatternParser.parse(text);
    return new PythonPattern(Program.of(parsed.node()), parsed.groups());
  }

  /**
   * Whether the whole of {@code text} matches.
   *
   * @throws PatternError if that takes too long
   */
  public boolean matches(String text) {
    return run(text, true) != null;
  }

  /** How many numbered groups the expression has. */
  public int groups() {
    return groups;
  }

  /**
   * A group of the match that {@code text} begins with; null if there is no such match, or the
   * group is not in it.
   *
   * @param number from 1 to {@link #groups()}
   * @throws PatternError if that takes too long
   */
  public @Nullable String group(int number, String text) {
    int[] marks = run(text, false);
    if (marks == null || marks[2 * number] < 0 || marks[2 * number + 1] < 0) {
      return null;
    }
    int begin = text.offsetByCodePoints(0, marks[2 * number]);
    int length = marks[2 * number + 1] - marks[2 * number];
    return text.substring(begin, text.offsetByCodePoints(begin, length));
  }

  private int @Nullable [] run(String text, boolean whole) {
    if (text.length() > MAX_TEXT) {
      throw new PatternError("a text of " + text.length() + " characters to match");
    }
    int[] points = text.codePoints().toArray();
    int[] marks = new int[2 * (groups + 1)];
    Arrays.fill(marks, -1);
    int end =
        new Run(program, points, new int[] {BUDGET}, marks).from(0, whole ? points.length : -1);
    return end < 0 ? null : marks;
  }
}
