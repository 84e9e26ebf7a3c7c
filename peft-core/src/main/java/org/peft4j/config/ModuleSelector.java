package org.peft4j.config;

import java.util.List;
import java.util.Optional;

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

  /** Every site of a kind that the method supports: heads, embeddings, convolutions too. */
  record Every() implements ModuleSelector {}

  /** The JSON word for {@link AllLinear}. */
  String ALL_LINEAR = "all-linear";

  /** The JSON word for {@link Every}. Adapters are saved with the list of modules instead. */
  String ALL_ADAPTABLE = "all-adaptable";

  /**
   * The selector of a JSON string: {@code all-linear} in any case, {@code all-adaptable}, or a
   * pattern.
   */
  static ModuleSelector of(String text) {
    return word(text).orElseGet(() -> new Regex(text));
  }

  /** The selector that a word means, if it is one. */
  static Optional<ModuleSelector> word(String text) {
    if (text.equalsIgnoreCase(ALL_LINEAR)) {
      return Optional.of(new AllLinear());
    }
    return text.equalsIgnoreCase(ALL_ADAPTABLE) ? Optional.of(new Every()) : Optional.empty();
  }
}
