package org.peft4j.transformers.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Texts as metrics compare them. What a space, a letter or a number is, Python's strings say. */
final class Texts {
  private static final Set<String> ARTICLES = Set.of("a", "an", "the");

  private Texts() {}

  /** What stands between spaces. */
  static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (!isSpace(c)) {
                word.appendCodePoint(c);
              } else if (!word.isEmpty()) {
                words.add(word.toString());
                word.setLength(0);
              }
            });
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  private static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85;
  }

  /** SQuAD's form of an answer: lower case, no ASCII punctuation, no articles, single spaces. */
  static String normalised(String answer) {
    StringBuilder kept = new StringBuilder();
    StringBuilder run = new StringBuilder();
    answer
        .toLowerCase(Locale.ROOT)
        .codePoints()
        .filter(c -> !isPunctuation(c))
        .forEach(
            c -> {
              if (isAlphanumeric(c)) {
                run.appendCodePoint(c);
              } else {
                end(run, kept);
                kept.appendCodePoint(c);
              }
            });
    end(run, kept);
    return String.join(" ", words(kept.toString()));
  }

  /** Adds a run of letters and numbers; an article leaves a space. */
  private static void end(StringBuilder run, StringBuilder kept) {
    kept.append(ARTICLES.contains(run.toString()) ? " " : run);
    run.setLength(0);
  }

  private static boolean isPunctuation(int c) {
    return c > ' ' && c < 0x7f && !isAlphanumeric(c);
  }

  private static boolean isAlphanumeric(int c) {
    int type = Character.getType(c);
    return Character.isLetter(c)
        || type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }
}
