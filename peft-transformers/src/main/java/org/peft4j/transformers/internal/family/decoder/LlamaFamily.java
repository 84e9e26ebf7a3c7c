package org.peft4j.transformers.internal.family.decoder;

import java.util.OptionalInt;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.internal.family.ConfigFields;
import org.peft4j.transformers.internal.family.Family;

/** Llama 1 to 3 (Touvron et al., 2023). */
public final class LlamaFamily implements Family {
  @Override
  public String modelType() {
    return "llama";
  }

  @Override
  public ModelArchitecture describe(ConfigFields fields, TaskHead task) {
    boolean bias = fields.flag("attention_bias", false);
    return GatedDecoder.describe(
        new GatedDecoder.Variant(
            modelType(),
            "Llama",
            OptionalInt.empty(),
            bias,
            bias,
            fields.flag("mlp_bias", false),
            2048,
            index -> OptionalInt.empty()),
        fields,
        task);
  }
}
