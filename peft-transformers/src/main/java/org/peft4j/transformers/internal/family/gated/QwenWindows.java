package org.peft4j.transformers.internal.family.gated;

import java.util.OptionalInt;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.LayerTypes;

/**
 * The windows of Qwen's blocks: with {@code use_sliding_window}, those from {@code
 * max_window_layers} on, or those that {@code layer_types} names.
 */
record QwenWindows(OptionalInt size, LayerTypes types) {
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_FULL_LAYERS = 28;

  static QwenWindows read(ConfigFields fields, int layers) {
    boolean sliding = fields.flag("use_sliding_window", false);
    fields.ignore("sliding_window", "max_window_layers"); // They count with the switch only.
    OptionalInt size =
        sliding
            ? fields.optionalCount("sliding_window", OptionalInt.of(DEFAULT_WINDOW))
            : OptionalInt.empty();
    int full = size.isPresent() ? fullLayers(fields) : Integer.MAX_VALUE;
    LayerTypes types =
        LayerTypes.read(
            fields,
            layers,
            size.isPresent(),
            "use_sliding_window true and a sliding_window",
            index -> index >= full);
    return new QwenWindows(size, types);
  }

  /** The number of blocks before the first one with a window; it may be 0. */
  private static int fullLayers(ConfigFields fields) {
    return fields.has("max_window_layers")
        ? fields.natural("max_window_layers")
        : DEFAULT_FULL_LAYERS;
  }

  OptionalInt of(int index) {
    return types.window(index, size);
  }
}
