package org.peft4j.lora.mora;

import com.fasterxml.jackson.databind.node.IntNode;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.lora.common.Ranks;
import org.peft4j.lora.mora.MoraConfig.Builder;

/** The fields of {@link MoraConfig} in {@code adapter_config.json}. */
final class MoraFields {
  private static final FieldType<MoraType> TYPE =
      FieldType.of(
              "1 (sharing), 6 (rotation)",
              n -> MoraType.of(n.asInt()).orElse(null),
              type -> IntNode.valueOf(type.number()))
          .listed();

  static final ConfigFields<MoraConfig, Builder> ALL =
      ConfigFields.of("MoRA", "mora", MoraConfig::builder, Builder::build)
          .add(
              "r",
              FieldType.RANK,
              "Rank of the LoRA that has about as many elements.",
              MoraConfig::rank,
              Builder::rank)
          .role(FieldRole.RANK)
          .add(
              "rank_pattern",
              Ranks.RANK_PATTERN,
              "Other ranks, by the end of a module's path.",
              MoraConfig::rankPattern,
              (builder, pattern) -> pattern.forEach(builder::rankPattern))
          .add(
              "mora_type",
              TYPE,
              "How inputs are brought to the size of the matrix.",
              MoraConfig::type,
              Builder::type)
          .add(
              "mora_dropout",
              FieldType.DROPOUT,
              "Probability that an input is dropped in training.",
              MoraConfig::dropout,
              Builder::dropout)
          .role(FieldRole.DROPOUT);

  private MoraFields() {}
}
