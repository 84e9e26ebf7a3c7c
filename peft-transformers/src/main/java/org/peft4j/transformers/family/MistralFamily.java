package org.peft4j.transformers.family;

import java.util.Optional;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.Labels;

/** Mistral (Jiang et al., 2023) with attention to all positions. */
final class MistralFamily implements Family {
  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, Optional<Labels> labels) {
    int maxPositions = fields.count("max_position_embeddings");
    // Hugging Face's default for an absent field is a window of 4096; null means none.
    boolean whole =
        fields.isNull("sliding_window") || fields.count("sliding_window", 4096) >= maxPositions;
    fields.check(
        whole,
        "sliding_window",
        "null, or at least max_position_embeddings "
            + maxPositions
            + " (attention to a window is not supported)");
    return GatedDecoder.describe(
        new GatedDecoder.Variant(modelType(), "Mistral", Optional.of(8), false, false, false),
        fields,
        labels);
  }
}
