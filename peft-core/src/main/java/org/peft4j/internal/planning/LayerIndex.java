package org.peft4j.internal.planning;

import java.util.List;
import org.peft4j.config.ModulePattern;

/**
 * The rule of {@code layers_to_transform}: a path's layer index is its first numeric segment after
 * any container, or after one that {@code layers_pattern} names.
 */
final class LayerIndex {
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
    for (ModulePattern pattern : patterns) {
      String index = pattern.lastGroup(path);
      if (index != null) {
        return index.length() <= 9 && layers.contains(Integer.parseInt(index));
      }
    }
    return false;
  }
}
