package org.peft4j.transformers.metrics;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.peft4j.error.PeftException;

/**
 * Scores by name, in order. Prints as {@code accuracy 0.8750, macro_f1 0.8611}.
 *
 * @param values the scores; NaN where one is not defined
 */
public record Scores(Map<String, Double> values) {
  /** No scores, to add to. */
  public static final Scores NONE = new Scores(Map.of());

  public Scores {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  /** These scores and one more at the end, or in its place if the name is there. */
  public Scores with(String name, double value) {
    return with(new Scores(Map.of(name, value)));
  }

  /** These scores, then the others; others of a name that is here take its place. */
  public Scores with(Scores others) {
    Map<String, Double> all = new LinkedHashMap<>(values);
    all.putAll(others.values);
    return new Scores(all);
  }

  /**
   * One score.
   *
   * @throws PeftException if there is none of that name
   */
  public double get(String name) {
    Double value = values.get(name);
    if (value == null) {
      throw new PeftException(
          "There is no score \"" + name + "\". There are: " + String.join(", ", values.keySet()));
    }
    return value;
  }

  @Override
  public String toString() {
    return values.entrySet().stream()
        .map(each -> String.format(Locale.ROOT, "%s %.4f", each.getKey(), each.getValue()))
        .collect(Collectors.joining(", "));
  }
}
