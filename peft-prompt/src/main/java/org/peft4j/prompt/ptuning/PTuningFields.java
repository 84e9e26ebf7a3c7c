package org.peft4j.prompt.ptuning;

import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.prompt.PromptFields;
import org.peft4j.prompt.ptuning.PTuningConfig.Builder;

/** The fields of {@link PTuningConfig} in {@code adapter_config.json}. */
final class PTuningFields {
  static final ConfigFields<PTuningConfig, Builder> ALL =
      PromptFields.describe(
              ConfigFields.of("P-tuning", "prompt", PTuningConfig::builder, Builder::build),
              PTuningConfig::prompt)
          .add(
              "encoder_reparameterization_type",
              FieldType.choice(Reparameterization.class),
              "The encoder: a perceptron or an LSTM.",
              PTuningConfig::reparameterization,
              Builder::reparameterization)
          .addOptional(
              "encoder_hidden_size",
              PromptFields.HIDDEN_SIZE,
              "The encoder's width; that of an embedding by default.",
              PTuningConfig::encoderHiddenSize,
              Builder::encoderHiddenSize)
          .add(
              "encoder_num_layers",
              PTuningConfig.LAYERS,
              "Layers of an LSTM.",
              PTuningConfig::encoderLayers,
              Builder::encoderLayers)
          .add(
              "encoder_dropout",
              FieldType.DROPOUT,
              "Dropout between the layers of an LSTM.",
              PTuningConfig::encoderDropout,
              Builder::encoderDropout);

  private PTuningFields() {}
}
