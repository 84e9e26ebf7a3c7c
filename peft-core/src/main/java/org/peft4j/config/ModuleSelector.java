package org.peft4j.config;

import java.util.List;

/** The modules that a config selects. */
public sealed interface ModuleSelector {
  /** Modules whose path is one of the names, or ends with a dot and one of them. */
  record Names(List<String> names) implements ModuleSelector {
    public Names {
      names = List.copyOf(names);
    }
  }

  /** Modules whose whole path matches the pattern. */
  record Regex(String pattern) implements ModuleSelector {}

  /** Every linear map but the output head. */
  record AllLinear() implements ModuleSelector {}

  /** Every site of a kind that the method supports. */
  record Every() implements ModuleSelector {}

  /** The JSON word for {@link AllLinear}. */
  String ALL_LINEAR = "all-linear";

  /** The selector of a JSON string: {@code all-linear}, or a pattern. */
  static ModuleSelector of(String text) {
    return text.equals(ALL_LINEAR) ? new AllLinear() : new Regex(text);
  }
}
