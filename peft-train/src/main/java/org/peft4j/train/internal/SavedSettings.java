package org.peft4j.train.internal;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * The settings of a training as a checkpoint holds them.
 *
 * @param values by name: {@code Long}, {@code Double}, {@code Boolean} or {@code String}
 * @param binding leaves of values by name those that a resumed training must share
 */
public record SavedSettings(
    Map<String, Object> values, UnaryOperator<Map<String, Object>> binding) {

  /** How these differ from those of a checkpoint, for a message. */
  Optional<String> difference(Map<String, Object> saved) {
    Map<String, Object> theirs = new TreeMap<>(binding.apply(saved));
    Map<String, Object> ours = new TreeMap<>(binding.apply(values));
    Map<String, Object> common = new TreeMap<>(theirs);
    common.entrySet().retainAll(ours.entrySet());
    theirs.entrySet().removeAll(common.entrySet());
    ours.entrySet().removeAll(common.entrySet());
    return theirs.isEmpty() && ours.isEmpty()
        ? Optional.empty()
        : Optional.of("its settings are " + theirs + ", not " + ours);
  }
}
