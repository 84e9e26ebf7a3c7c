package org.peft4j.lora.deltalora;

import org.peft4j.config.ConfigFields;
import org.peft4j.lora.common.Ranks;
import org.peft4j.lora.deltalora.DeltaLoraConfig.Builder;

/** The fields of {@link DeltaLoraConfig} in {@code adapter_config.json}. */
final class DeltaLoraFields {
  static final ConfigFields<DeltaLoraConfig, Builder> ALL =
      Ranks.describe(
              ConfigFields.of("Delta-LoRA", "lora", DeltaLoraConfig::builder, Builder::build),
              "lora_alpha",
              DeltaLoraConfig::ranks)
          .add(
              "delta_lambda",
              DeltaLoraConfig.RATIO,
              "How far the frozen weight follows; 0 is LoRA.",
              DeltaLoraConfig::ratio,
              Builder::ratio);

  private DeltaLoraFields() {}
}
