package org.peft4j.train.data.table;

import java.util.Optional;

/**
 * From which language to which, by the codes of a tokenizer such as mBART's: {@code de_DE}.
 *
 * @param source of the source; empty if it is not said
 * @param target of the target; empty if it is not said
 */
public record LanguagePair(Optional<String> source, Optional<String> target) {
  /** Nothing is said. */
  public static final LanguagePair NONE = new LanguagePair(Optional.empty(), Optional.empty());

  /** Both are said. */
  public static LanguagePair of(String source, String target) {
    return new LanguagePair(Optional.of(source), Optional.of(target));
  }

  /** Whether nothing is said. */
  public boolean isNone() {
    return source.isEmpty() && target.isEmpty();
  }
}
