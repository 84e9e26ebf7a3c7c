package org.peft4j.safetensors;

import java.nio.file.Path;

/** The message of an exceeded {@link SafetensorsLimits limit}: value, limit and how to raise it. */
final class Limit {
  private Limit() {}

  static SafetensorsException exceeded(
      Path file, String what, String value, int limit, String knob) {
    return SafetensorsException.inFile(
        file,
        what
            + " is "
            + value
            + ", the limit is "
            + limit
            + " (raise SafetensorsLimits."
            + knob
            + " if you trust the file).");
  }

  /** Refuses another entry in a collection that has reached its limit. */
  static void check(Path file, int present, String entries, int limit, String knob) {
    if (present >= limit) {
      throw exceeded(file, "the number of " + entries, "at least " + (present + 1L), limit, knob);
    }
  }
}
