package org.peft4j.train.report;

import java.util.Map;

/**
 * A field of {@code metrics.jsonl} as a page shows it.
 *
 * @param title with the unit, if there is one
 * @param unit what a value is divided by
 */
record Measure(String title, double unit) {
  private static final String HELD_OUT = "eval_";
  private static final double MEGABYTE = 1e6;

  private static final Map<String, Measure> KNOWN =
      Map.of(
          "loss", new Measure("Loss", 1),
          "learning_rate", new Measure("Learning rate", 1),
          "grad_norm", new Measure("Gradient norm", 1),
          "tokens_per_second", new Measure("Tokens or pictures per second", 1),
          "memory_bytes", new Measure("Memory (MB)", MEGABYTE));

  /** What a field is; names that only an objective knows stay as they are. */
  static Measure of(String field) {
    Measure known = KNOWN.get(field);
    if (known != null) {
      return known;
    }
    return field.startsWith(HELD_OUT)
        ? new Measure("Held-out " + words(field.substring(HELD_OUT.length())), 1)
        : new Measure(words(field), 1);
  }

  private static String words(String name) {
    return name.replace('_', ' ');
  }

  /** The curve in this unit. */
  Curve of(Curve curve) {
    return new Curve(curve.steps(), curve.values().stream().map(value -> value / unit).toList());
  }
}
