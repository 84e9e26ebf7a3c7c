package org.peft4j.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** The names closest to a misspelt one, for error messages. */
public final class NearestNames {
  private static final int SHOWN = 3;

  /** How much of a name is compared; names come from files too. */
  private static final int COMPARED = 200;

  private record Scored(String name, int distance) {}

  private NearestNames() {}

  /** Returns up to three of {@code names}, by growing edit distance to {@code wanted}. */
  public static List<String> of(String wanted, Collection<String> names) {
    return names.stream()
        .map(name -> new Scored(name, distance(wanted, name)))
        .sorted(Comparator.comparingInt(Scored::distance).thenComparing(Scored::name))
        .limit(SHOWN)
        .map(Scored::name)
        .collect(Collectors.toUnmodifiableList());
  }

  /** The sentence {@code Nearest: "a", "b", "c".}, or one that says there are none. */
  public static String sentence(String wanted, Collection<String> names) {
    if (names.isEmpty()) {
      return "There are none.";
    }
    return of(wanted, names).stream()
        .map(Quoted::quoted)
        .collect(Collectors.joining(", ", "Nearest: ", "."));
  }

  /** The Levenshtein distance of two texts, of which the first 200 characters count. */
  public static int distance(String first, String second) {
    String a = first.substring(0, Math.min(COMPARED, first.length()));
    String b = second.substring(0, Math.min(COMPARED, second.length()));
    int[] previous = new int[b.length() + 1];
    int[] current = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      current[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int substitution = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        current[j] = Math.min(substitution, 1 + Math.min(previous[j], current[j - 1]));
      }
      int[] swap = previous;
      previous = current;
      current = swap;
    }
    return previous[b.length()];
  }
}
