package org.peft4j.transformers.metrics;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.error.PeftException;

/**
 * chrF2 (Popović, 2015), as sacrebleu computes it by default. Over runs of 1 to 6 characters
 * without spaces, whose hits and numbers are summed over all texts first, with P and R the means of
 * precision and recall over the lengths of runs that both sides have,
 *
 * <pre>(1 + β²)·P·R / (β²·P + R),  β = 2</pre>
 *
 * <p>0 if nothing is common. sacrebleu prints percent: 100 times this score. Case counts.
 */
public final class ChrF {
  private static final int LONGEST = 6;
  private static final double BETA2 = 4;

  private ChrF() {}

  /**
   * The score of all texts together.
   *
   * @throws PeftException if there is no text or not a prediction for each
   */
  public static double of(List<String> predicted, List<String> actual) {
    int count = Examples.count(predicted.size(), actual.size());
    Counts[] sums = new Counts[LONGEST];
    Arrays.fill(sums, new Counts(0, 0, 0));
    for (int i = 0; i < count; i++) {
      int[] own = characters(predicted.get(i));
      int[] right = characters(actual.get(i));
      for (int n = 1; n <= LONGEST; n++) {
        Counts counts = Counts.of(runs(own, n), runs(right, n));
        if (counts.actual() > 0) { // Runs that the right text is too short for are no mistakes.
          sums[n - 1] = sums[n - 1].plus(counts);
        }
      }
    }
    return score(sums);
  }

  private static double score(Counts[] sums) {
    Counts[] both =
        Arrays.stream(sums)
            .filter(each -> each.predicted() > 0 && each.actual() > 0)
            .toArray(Counts[]::new);
    double p = Arrays.stream(both).mapToDouble(Counts::precision).average().orElse(0);
    double r = Arrays.stream(both).mapToDouble(Counts::recall).average().orElse(0);
    return p + r == 0 ? 0 : (1 + BETA2) * p * r / (BETA2 * p + r);
  }

  private static int[] characters(String text) {
    return String.join("", Texts.words(text)).codePoints().toArray();
  }

  private static Map<String, Integer> runs(int[] characters, int n) {
    Map<String, Integer> runs = new HashMap<>();
    for (int i = 0; i + n <= characters.length; i++) {
      runs.merge(new String(characters, i, n), 1, Integer::sum);
    }
    return runs;
  }
}
