package org.peft4j.lora.adalora;

import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.lora.adalora.AdaLoraConfig.Builder;

/** The fields of {@link AdaLoraConfig} in {@code adapter_config.json}. */
final class AdaLoraFields {
  private static final FieldType<Map<String, List<Boolean>>> KEPT =
      FieldType.mapOf(
          "an object of module: list of true and false",
          FieldType.listOf("a list of true and false", FieldType.BOOL));

  static final ConfigFields<AdaLoraConfig, Builder> ALL =
      ConfigFields.of("AdaLoRA", "lora", AdaLoraConfig::builder, Builder::build)
          .addRequired(
              "total_step",
              FieldType.atLeast(1),
              "Steps of the whole training.",
              config -> config.schedule().totalStep(),
              Builder::totalStep,
              1)
          .role(FieldRole.TRAINING_STEPS)
          .add(
              "init_r",
              FieldType.RANK,
              "Initial rank of each target.",
              AdaLoraConfig::initR,
              Builder::initR)
          .add(
              "target_r",
              FieldType.RANK,
              "Final mean rank.",
              AdaLoraConfig::targetR,
              Builder::targetR)
          .role(FieldRole.RANK)
          .add(
              "lora_alpha",
              AdaLoraConfig.ALPHA,
              "Scale the adapter's part by alpha/init_r; 0 or less means init_r.",
              AdaLoraConfig::alpha,
              Builder::alpha)
          .role(FieldRole.ALPHA)
          .add(
              "lora_dropout",
              FieldType.DROPOUT,
              "Probability that an input of A is dropped in training.",
              AdaLoraConfig::dropout,
              Builder::dropout)
          .role(FieldRole.DROPOUT)
          .add(
              "tinit",
              FieldType.atLeast(0),
              "Steps before ranks may be removed.",
              config -> config.schedule().tinit(),
              Builder::tinit)
          .add(
              "tfinal",
              FieldType.atLeast(0),
              "Steps at the end with unchanged ranks.",
              config -> config.schedule().tfinal(),
              Builder::tfinal)
          .add(
              "deltaT",
              FieldType.atLeast(1),
              "Steps between allocations.",
              config -> config.schedule().deltaT(),
              Builder::deltaT)
          .add(
              "beta1",
              AdaLoraConfig.BETA,
              "Decay of the importances' running mean.",
              AdaLoraConfig::beta1,
              Builder::beta1)
          .add(
              "beta2",
              AdaLoraConfig.BETA,
              "Decay of the importances' uncertainty.",
              AdaLoraConfig::beta2,
              Builder::beta2)
          .add(
              "orth_reg_weight",
              AdaLoraConfig.PENALTY,
              "Weight of A's and B's orthogonality in the loss.",
              AdaLoraConfig::orthRegWeight,
              Builder::orthRegWeight)
          .addOptional(
              "rank_pattern",
              KEPT,
              "The ranks that an allocation kept; training writes it.",
              config -> Optional.of(config.rankPattern()).filter(kept -> !kept.isEmpty()),
              Builder::rankPattern)
          .add(
              "init_lora_weights",
              FieldType.BOOL,
              "Start as no change; false, for tests, starts at random.",
              AdaLoraConfig::initLoraWeights,
              Builder::initLoraWeights)
          .add(
              "ensure_weight_tying",
              FieldType.BOOL,
              "Modules that share the token embeddings follow their saved copy.",
              AdaLoraConfig::ensureWeightTying,
              Builder::ensureWeightTying)
          .add(
              "fan_in_fan_out",
              FieldType.BOOL,
              "Kept for Python, which needs it for GPT-2.",
              AdaLoraConfig::fanInFanOut,
              Builder::fanInFanOut)
          .refuse("use_dora", BooleanNode.FALSE)
          .refuse("loftq_config", JsonNodeFactory.instance.objectNode())
          .refuse(List.of("trainable_token_indices", "layer_replication", "target_parameters"))
          // LoRA's fields that AdaLoRA has too and ignores.
          .ignore("r", IntNode.valueOf(8))
          .ignore("use_rslora", BooleanNode.FALSE)
          .ignore("alpha_pattern", JsonNodeFactory.instance.objectNode())
          .ignore("lora_bias", BooleanNode.FALSE)
          .ignore("megatron_core", TextNode.valueOf("megatron.core"))
          .ignore("use_qalora", BooleanNode.FALSE)
          .ignore("qalora_group_size", IntNode.valueOf(16))
          .ignore(
              List.of(
                  "megatron_config",
                  "eva_config",
                  "corda_config",
                  "lora_ga_config",
                  "velora_config",
                  "alora_invocation_tokens",
                  "monteclora_config",
                  "use_bdlora",
                  "arrow_config",
                  "kasa_config",
                  "runtime_config"))
          .omit("runtime_config");

  private AdaLoraFields() {}
}
