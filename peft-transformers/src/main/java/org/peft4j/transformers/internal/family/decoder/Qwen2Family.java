package org.peft4j.transformers.internal.family.decoder;

import java.util.List;
import java.util.OptionalInt;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/**
 * Qwen2 and Qwen2.5 (Yang et al., 2024). With {@code use_sliding_window}, the blocks from {@code
 * max_window_layers} on see a window only, or those that {@code layer_types} names.
 */
public final class Qwen2Family implements Family {
  private static final String FULL = "full_attention";
  private static final String SLIDING = "sliding_attention";
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_FULL_LAYERS = 28;

  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    boolean sliding = fields.flag("use_sliding_window", false);
    fields.ignore("sliding_window", "max_window_layers"); // They count with the switch only.
    OptionalInt window = sliding ? window(fields) : OptionalInt.empty();
    int fullLayers = window.isPresent() ? fullLayers(fields) : Integer.MAX_VALUE;
    List<String> types = types(fields, window.isPresent());
    return GatedDecoder.describe(
        new GatedDecoder.Variant(
            modelType(),
            "Qwen2",
            OptionalInt.of(32),
            true,
            false,
            false,
            32_768,
            index -> slides(types, fullLayers, index) ? window : OptionalInt.empty()),
        fields,
        task);
  }

  private static OptionalInt window(ConfigFields fields) {
    return fields.isNull("sliding_window")
        ? OptionalInt.empty()
        : OptionalInt.of(fields.count("sliding_window", DEFAULT_WINDOW));
  }

  /** The number of blocks before the first one with a window; it may be 0. */
  private static int fullLayers(ConfigFields fields) {
    return fields.has("max_window_layers")
        ? fields.natural("max_window_layers")
        : DEFAULT_FULL_LAYERS;
  }

  private static List<String> types(ConfigFields fields, boolean windows) {
    List<String> types = fields.texts("layer_types");
    int layers = fields.layers("num_hidden_layers");
    fields.check(
        types.isEmpty() || types.size() == layers,
        "layer_types",
        "one for each of num_hidden_layers " + layers);
    fields.check(
        types.stream().allMatch(type -> type.equals(FULL) || windows && type.equals(SLIDING)),
        "layer_types",
        windows
            ? FULL + " and " + SLIDING
            : "only "
                + FULL
                + "; "
                + SLIDING
                + " needs use_sliding_window true and a sliding_window");
    return types;
  }

  private static boolean slides(List<String> types, int fullLayers, int index) {
    return index < types.size() ? types.get(index).equals(SLIDING) : index >= fullLayers;
  }
}
