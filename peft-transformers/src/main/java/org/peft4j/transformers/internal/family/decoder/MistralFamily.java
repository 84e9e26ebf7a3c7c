package org.peft4j.transformers.internal.family.decoder;

import java.util.OptionalInt;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/** Mistral (Jiang et al., 2023), with or without a window of attention. */
public final class MistralFamily implements Family {
  /** Hugging Face's default for an absent field; null means none. */
  private static final int DEFAULT_WINDOW = 4096;

  @Override
  public String modelType() {
    return "mistral";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    OptionalInt window =
        fields.isNull("sliding_window")
            ? OptionalInt.empty()
            : OptionalInt.of(fields.count("sliding_window", DEFAULT_WINDOW));
    return GatedDecoder.describe(
        new GatedDecoder.Variant(
            modelType(),
            "Mistral",
            OptionalInt.of(8),
            false,
            false,
            false,
            131_072,
            index -> window),
        fields,
        task);
  }
}
