package org.peft4j.internal.planning;

import java.util.List;
import java.util.function.Consumer;
import org.peft4j.config.CommonConfig;

/**
 * What becomes of names in a config that mean nothing in a model: errors for a new adapter, where
 * they are likely mistakes; warnings for a saved one, whose tensors say what it adapts.
 */
interface IdleNames {
  /** Errors. */
  IdleNames REFUSED = CommonConfig::require;

  /** Warnings. */
  static IdleNames told(Consumer<String> warnings) {
    return (field, problems) -> {
      if (!problems.isEmpty()) {
        warnings.accept(field + " of a saved adapter: " + String.join(" ", problems));
      }
    };
  }

  /** Throws or tells {@code problems}, if there are any. */
  void report(String field, List<String> problems);
}
