package org.peft4j.transformers.metrics;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.peft4j.error.PeftException;

/**
 * ROUGE (Lin, 2004), as in Google's {@code rouge_score} without its stemmer: the mean over texts of
 * the F measure {@code 2·hits/(predicted + actual)}. Words are runs of the letters a to z and of
 * digits, in lower case: texts in other scripts have none, and score 0.
 *
 * <p>All methods throw a {@link PeftException} if there is no text or not a prediction for each.
 */
public final class Rouge {
  private Rouge() {}

  /**
   * ROUGE-n: hits are the runs of n words that both texts have.
   *
   * @param n at least 1
   */
  public static double ofRuns(int n, List<String> predicted, List<String> actual) {
    if (n < 1) {
      throw new PeftException("n is " + n + "; allowed: at least 1.");
    }
    return mean(predicted, actual, (own, right) -> Counts.of(runs(n, own), runs(n, right)));
  }

  private static Map<List<String>, Integer> runs(int n, List<String> words) {
    Map<List<String>, Integer> runs = new HashMap<>();
    for (int i = 0; i + n <= words.size(); i++) {
      runs.merge(List.copyOf(words.subList(i, i + n)), 1, Integer::sum);
    }
    return runs;
  }

  /** ROUGE-L: hits are the longest common subsequence of words of the whole texts. */
  public static double ofSubsequences(List<String> predicted, List<String> actual) {
    return mean(
        predicted,
        actual,
        (own, right) -> new Counts(longestCommon(own, right), own.size(), right.size()));
  }

  /** The length of the longest common subsequence. */
  private static int longestCommon(List<String> a, List<String> b) {
    int[] before = new int[b.size() + 1];
    for (String word : a) {
      int[] row = new int[b.size() + 1];
      for (int j = 0; j < b.size(); j++) {
        boolean same = word.equals(b.get(j));
        row[j + 1] = same ? before[j] + 1 : Math.max(before[j + 1], row[j]);
      }
      before = row;
    }
    return before[b.size()];
  }

  private static double mean(
      List<String> predicted,
      List<String> actual,
      BiFunction<List<String>, List<String>, Counts> counts) {
    int count = Examples.count(predicted.size(), actual.size());
    return IntStream.range(0, count)
        .mapToDouble(i -> counts.apply(words(predicted.get(i)), words(actual.get(i))).f1())
        .average()
        .orElseThrow();
  }

  private static List<String> words(String text) {
    List<String> words = new ArrayList<>();
    for (String word : text.toLowerCase(Locale.ROOT).split("[^a-z0-9]+", -1)) {
      if (!word.isEmpty()) {
        words.add(word);
      }
    }
    return words;
  }
}
