package org.peft4j.benchmarks.turns;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.peft4j.benchmarks.table.Table;

/**
 * Seconds of several contenders that take turns. The machine's neighbours affect adjacent turns
 * alike, so the ratio of two turns of a round is more reliable than that of two means.
 */
final class Turns {
  private final Map<String, List<Double>> seconds = new LinkedHashMap<>();

  void add(String contender, double value) {
    seconds.computeIfAbsent(contender, c -> new ArrayList<>()).add(value);
  }

  /** All contenders, with ratios to the one called {@code reference}. */
  Table table(String reference) {
    List<Double> base = Objects.requireNonNull(seconds.get(reference), reference);
    Table table =
        new Table("", "s/step min", "median", "min ÷ min", "median of the rounds' ratios");
    seconds.forEach(
        (name, own) ->
            table.row(
                name,
                format(least(own)),
                format(median(own)),
                format(least(own) / least(base)),
                format(median(ratios(own, base)))));
    return table;
  }

  private static List<Double> ratios(List<Double> own, List<Double> base) {
    return IntStream.range(0, own.size()).mapToObj(i -> own.get(i) / base.get(i)).toList();
  }

  private static double least(Collection<Double> values) {
    return values.stream().mapToDouble(v -> v).min().orElseThrow();
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }

  private static String format(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }
}
