package org.peft4j.internal.planning;

import java.util.List;
import java.util.OptionalInt;
import java.util.SortedSet;
import java.util.TreeSet;
import org.peft4j.config.ModulePattern;

/**
 * The rule of {@code layers_to_transform}: a path's layer index is its first numeric segment after
 * any container, or after one that {@code layers_pattern} names.
 */
final class LayerIndex {
  private static final int MAX_DIGITS = 9;

  private final List<Integer> layers;
  private final List<ModulePattern> patterns;

  LayerIndex(List<Integer> layers, List<String> containers) {
    this.layers = layers;
    this.patterns =
        containers.isEmpty()
            ? List.of(ModulePattern.compile("layers_pattern", ".*?\\.[^.]*\\.(\\d+)\\."))
            : containers.stream()
                .map(c -> ModulePattern.compile("layers_pattern", ".*?\\." + c + "\\.(\\d+)\\."))
                .toList();
  }

  boolean includes(String path) {
    if (layers.isEmpty()) {
      return true;
    }
    OptionalInt index = of(path);
    return index.isPresent() && layers.contains(index.getAsInt());
  }

  /** The layer that a path is in, if it is in one. */
  private OptionalInt of(String path) {
    for (ModulePattern pattern : patterns) {
      String index = pattern.lastGroup(path);
      if (index != null) {
        return index.length() <= MAX_DIGITS && index.chars().allMatch(Character::isDigit)
            ? OptionalInt.of(Integer.parseInt(index))
            : OptionalInt.empty();
      }
    }
    return OptionalInt.empty();
  }

  /** The wanted layers that none of {@code paths} is in, each with those that there are. */
  List<String> idle(List<String> paths) {
    SortedSet<Integer> there = new TreeSet<>();
    paths.forEach(path -> of(path).ifPresent(there::add));
    return layers.stream()
        .filter(layer -> !there.contains(layer))
        .map(
            layer ->
                layer
                    + " is no layer of this model. "
                    + (there.isEmpty()
                        ? "It has none."
                        : "Its layers: " + there.first() + " to " + there.last() + "."))
        .toList();
  }
}
