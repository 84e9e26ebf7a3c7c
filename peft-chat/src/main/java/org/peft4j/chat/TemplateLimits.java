package org.peft4j.chat;

import java.time.Duration;
import org.peft4j.error.PeftException;

/**
 * What one rendering may use: templates come with models, from anybody.
 *
 * @param output the most characters of the result
 * @param work the most characters and list items that are made on the way, added up
 * @param steps the most parts of the template that run, and items that are visited
 * @param time the longest time
 * @param depth the most macros, and levels of nested values, that are within each other
 */
public record TemplateLimits(int output, long work, long steps, Duration time, int depth) {
  /** 8 million characters, 64 million on the way, 10 million steps, 10 seconds, 100 levels. */
  public static final TemplateLimits DEFAULT =
      new TemplateLimits(8_000_000, 64_000_000, 10_000_000, Duration.ofSeconds(10), 250);

  /**
   * Checks the numbers.
   *
   * @throws PeftException if one is not above 0
   */
  public TemplateLimits {
    if (output < 1 || work < 1 || steps < 1 || depth < 1 || time.isNegative() || time.isZero()) {
      throw new PeftException(
          "The limits of a template are %d, %d, %d, %s and %d; allowed: above 0."
              .formatted(output, work, steps, time, depth));
    }
  }
}
