package org.peft4j.lora.vera;

import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.lora.vera.VeraConfig.Builder;

/** The fields of {@link VeraConfig} in {@code adapter_config.json}. */
final class VeraFields {
  static final ConfigFields<VeraConfig, Builder> ALL =
      ConfigFields.of("VeRA", "vera", VeraConfig::builder, Builder::build)
          .add(
              "r",
              FieldType.RANK,
              "Rows of A and columns of B, which do not train.",
              VeraConfig::rank,
              Builder::rank)
          .role(FieldRole.RANK)
          .add(
              "projection_prng_key",
              VeraConfig.KEY,
              "Seed of A and B.",
              VeraConfig::projectionKey,
              Builder::projectionKey)
          .add(
              "save_projection",
              FieldType.BOOL,
              "Write A and B to the adapter file, though they follow from the seed.",
              VeraConfig::saveProjection,
              Builder::saveProjection)
          .add(
              "vera_dropout",
              FieldType.DROPOUT,
              "Probability that an input of A is dropped in training.",
              VeraConfig::dropout,
              Builder::dropout)
          .role(FieldRole.DROPOUT)
          .add(
              "d_initial",
              VeraConfig.D_INITIAL,
              "First value of the vector between A and B.",
              VeraConfig::dInitial,
              Builder::dInitial)
          .add(
              "fan_in_fan_out",
              FieldType.BOOL,
              "Kept for Python, which needs it for GPT-2.",
              VeraConfig::fanInFanOut,
              Builder::fanInFanOut)
          .add(
              "init_weights",
              FieldType.BOOL,
              "Start as no change; false, for tests, starts at random.",
              VeraConfig::init,
              Builder::init);

  private VeraFields() {}
}
