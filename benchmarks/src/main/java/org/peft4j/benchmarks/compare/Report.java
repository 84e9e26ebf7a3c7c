package org.peft4j.benchmarks.compare;

import java.util.List;
import java.util.Locale;
import org.peft4j.benchmarks.table.Table;

/** The results as tables for documentation. */
final class Report {
  private static final double MEGABYTE = 1e6;

  private Report() {}

  static String of(List<RowResult> results) {
    if (results.stream().noneMatch(RowResult::hasBoth)) {
      return measurements(results, false).toString();
    }
    return measurements(results, true) + "\nPEFT4J ÷ Hugging Face PEFT:\n\n" + ratios(results);
  }

  private static Table measurements(List<RowResult> results, boolean both) {
    Table table =
        new Table(
            "work",
            "precision",
            "implementation",
            "s/step min",
            "s/step median",
            "tokens/s",
            "of peak",
            "peak MB",
            "load s",
            "loss first → last");
    for (RowResult result : results) {
      add(table, result, "PEFT4J", result.ours());
      if (both) {
        add(table, result, "Hugging Face PEFT", result.theirs());
      }
    }
    return table;
  }

  private static void add(Table table, RowResult result, String name, Samples samples) {
    String title = result.row().title();
    String precision = result.row().precisionName();
    if (samples.isEmpty()) {
      table.row(title, precision, name, "not measured", "–", "–", "–", "–", "–", "–");
      return;
    }
    table.row(
        title,
        precision,
        name,
        format("%.4f", samples.seconds().least()),
        format("%.4f", samples.seconds().median()),
        format("%.1f", samples.tokensPerSecond()),
        result.shareOfPeak(samples).map(share -> format("%.0f %%", 100 * share)).orElse("–"),
        format("%.0f", samples.peakBytes() / MEGABYTE),
        format("%.2f", samples.leastLoadSeconds()),
        samples.losses().isEmpty()
            ? "–"
            : format("%.5f → %.5f", samples.losses().get(0), samples.losses().get(1)));
  }

  private static Table ratios(List<RowResult> results) {
    Table table =
        new Table("work", "precision", "s/step min", "s/step median", "tokens/s", "peak memory");
    for (RowResult result : results) {
      if (result.hasBoth()) {
        Samples ours = result.ours();
        Samples theirs = result.theirs();
        table.row(
            result.row().title(),
            result.row().precisionName(),
            format("%.3f", ours.seconds().least() / theirs.seconds().least()),
            format("%.3f", ours.seconds().median() / theirs.seconds().median()),
            format("%.3f", ours.tokensPerSecond() / theirs.tokensPerSecond()),
            format("%.3f", (double) ours.peakBytes() / theirs.peakBytes()));
      }
    }
    return table;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
