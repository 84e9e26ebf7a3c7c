package org.peft4j.transformers.internal.family;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntPredicate;

/**
 * Which blocks see a window only: those that {@code layer_types} names, or where there is no such
 * list, those of a rule.
 *
 * @param types one for each block; empty without a list
 * @param otherwise the rule, by the block's index
 */
public record LayerTypes(List<String> types, IntPredicate otherwise) {
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";

  /**
   * Reads {@code layer_types}.
   *
   * @param windows whether the config allows windows
   * @param needed what the config needs for windows
   */
  public static LayerTypes read(
      ConfigFields fields, int layers, boolean windows, String needed, IntPredicate otherwise) {
    List<String> types = fields.texts("layer_types");
    fields.check(
        types.isEmpty() || types.size() == layers,
        "layer_types",
        "one for each of num_hidden_layers " + layers);
    fields.check(
        types.stream().allMatch(type -> type.equals(FULL) || windows && type.equals(SLIDING)),
        "layer_types",
        windows ? FULL + " and " + SLIDING : "only " + FULL + "; " + SLIDING + " needs " + needed);
    return new LayerTypes(types, otherwise);
  }

  /** Whether a block has a window. */
  public boolean slides(int index) {
    return index < types.size() ? types.get(index).equals(SLIDING) : otherwise.test(index);
  }

  /** The window of a block. */
  public OptionalInt window(int index, OptionalInt size) {
    return slides(index) ? size : OptionalInt.empty();
  }
}
