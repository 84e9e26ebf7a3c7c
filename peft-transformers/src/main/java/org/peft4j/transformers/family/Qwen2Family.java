package org.peft4j.transformers.family;

import java.util.List;
import java.util.Optional;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;

/** Qwen2 and Qwen2.5 (Yang et al., 2024) with attention to all positions. */
final class Qwen2Family implements Family {
  @Override
  public String modelType() {
    return "qwen2";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, Optional<Labels> labels) {
    fields.only("use_sliding_window", false);
    fields.ignore("sliding_window", "max_window_layers"); // They describe the window only.
    List<String> types = fields.texts("layer_types");
    int layers = fields.layers("num_hidden_layers");
    fields.check(
        types.isEmpty() || types.size() == layers,
        "layer_types",
        "one for each of num_hidden_layers " + layers);
    fields.check(
        types.stream().allMatch("full_attention"::equals),
        "layer_types",
        "only full_attention; attention to a window is not supported");
    return GatedDecoder.describe(
        new GatedDecoder.Variant(modelType(), "Qwen2", Optional.empty(), true, false, false),
        fields,
        labels);
  }
}
