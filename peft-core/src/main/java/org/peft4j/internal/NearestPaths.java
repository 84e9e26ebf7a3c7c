package org.peft4j.internal;

import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The paths nearest to one that was not found, for error messages. */
public final class NearestPaths {
  private static final int SHOWN = 6;

  private NearestPaths() {}

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
                    NearestPaths::lastSegment, LinkedHashMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .sorted(Comparator.comparingInt(e -> NearestNames.distance(last, e.getKey())))
        .limit(SHOWN)
        .map(e -> e.getKey() + " (" + e.getValue() + (e.getValue() == 1 ? " site)" : " sites)"))
        .collect(Collectors.joining(", "));
  }

  private static String lastSegment(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
