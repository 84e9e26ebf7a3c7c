package org.peft4j.plan;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The names nearest to one that was not found, for a message that helps. */
public final class Nearest {
  private static final int SHOWN = 6;

  private Nearest() {}

  /**
   * The nearest of {@code names} by edit distance of the last path segment, each with the number of
   * paths that end with it: {@code q_proj (24 sites), k_proj (24 sites)}.
   */
  public static String of(String wanted, Collection<String> names) {
    String last = lastSegment(wanted);
    Map<String, Long> counts =
        names.stream()
            .collect(
                Collectors.groupingBy(
                    Nearest::lastSegment, LinkedHashMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .sorted(Comparator.comparingInt(e -> distance(last, e.getKey())))
        .limit(SHOWN)
        .map(e -> e.getKey() + " (" + e.getValue() + (e.getValue() == 1 ? " site)" : " sites)"))
        .collect(Collectors.joining(", "));
  }

  private static String lastSegment(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }

  /** The Levenshtein distance, of the first 64 characters. */
  private static int distance(String a, String b) {
    int rows = Math.min(a.length(), 64);
    int columns = Math.min(b.length(), 64);
    int[] previous = new int[columns + 1];
    for (int j = 0; j <= columns; j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= rows; i++) {
      int[] current = new int[columns + 1];
      current[0] = i;
      for (int j = 1; j <= columns; j++) {
        int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substitution, Math.min(previous[j], current[j - 1]) + 1);
      }
      previous = current;
    }
    return previous[columns];
  }
}
