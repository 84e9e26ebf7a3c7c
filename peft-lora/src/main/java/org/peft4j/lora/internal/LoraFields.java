package org.peft4j.lora.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldRole;
import org.peft4j.config.FieldType;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraConfig.Builder;
import org.peft4j.lora.LoraInit;
import org.peft4j.lora.common.Ranks;

/** The fields of {@link LoraConfig} in {@code adapter_config.json}. */
final class LoraFields {
  private static final String BITS = "loftq_bits";
  private static final String ITERATIONS = "loftq_iter";

  private static final FieldType<LoraInit> INIT =
      FieldType.of(
              "true, false, gaussian, pissa, olora, orthogonal, eva, mica, loftq. An adapter whose"
                  + " start changed the base model (corda, lora_ga) must be converted to plain"
                  + " LoRA first: save it with path_initial_model_for_weight_conversion",
              LoraFields::init,
              LoraFields::init)
          .within(
              "true, false, gaussian, pissa, olora, orthogonal, eva, mica, loftq", init -> true);

  /** Lists of ids by the embedding's name; a bare list is for the model's token embedding. */
  private static final FieldType<Map<String, List<Integer>>> TOKENS =
      FieldType.of(
          "a list of token ids, or an object of embedding: list of token ids",
          LoraFields::tokens,
          LoraFields::tokens);

  private static final FieldType<Map<String, List<Integer>>> TOKENS_BY_NAME =
      FieldType.mapOf("an object of embedding: list of token ids", FieldType.INTEGERS);

  /** Mostly {@code {}} with other starts. */
  private static final FieldType<Optional<LoftQ>> LOFTQ =
      FieldType.of(
          "an object of loftq_bits (4, 8) and loftq_iter (1 and above)",
          LoraFields::loftq,
          LoraFields::loftq);

  static final ConfigFields<LoraConfig, Builder> ALL =
      Ranks.describe(
              ConfigFields.of("LoRA", "lora", LoraConfig::builder, Builder::build),
              "lora_alpha",
              LoraConfig::ranks)
          .add(
              "lora_dropout",
              FieldType.DROPOUT,
              "Probability that an input of A is dropped in training.",
              LoraConfig::dropout,
              Builder::dropout)
          .role(FieldRole.DROPOUT)
          .add(
              "use_rslora",
              FieldType.BOOL,
              "Scale by alpha/√r instead of alpha/r.",
              LoraConfig::rslora,
              Builder::rslora)
          .add(
              "use_dora",
              FieldType.BOOL,
              "DoRA: the norms of the weight's rows train apart from their directions.",
              LoraConfig::dora,
              Builder::dora)
          .add(
              "init_lora_weights",
              INIT,
              "First values of A and B.",
              LoraConfig::init,
              Builder::init)
          .add(
              "loftq_config",
              LOFTQ,
              "Settings of init_lora_weights loftq: loftq_bits, 4 or 8, and loftq_iter.",
              config ->
                  Optional.of(config.loftq())
                      .filter(s -> config.init() == LoraInit.LOFTQ || !s.equals(LoftQ.DEFAULT)),
              (builder, value) -> value.ifPresent(builder::loftq))
          .add(
              "lora_bias",
              FieldType.BOOL,
              "Give B a bias.",
              LoraConfig::loraBias,
              Builder::loraBias)
          .add(
              "use_qalora",
              FieldType.BOOL,
              "QA-LoRA: A sees the means of groups of inputs.",
              LoraConfig::qalora,
              Builder::qalora)
          .add(
              "qalora_group_size",
              FieldType.INTEGER,
              "The inputs of a group of QA-LoRA.",
              LoraConfig::qaloraGroupSize,
              Builder::qaloraGroupSize)
          .addOptional(
              "trainable_token_indices",
              TOKENS,
              "Rows of embeddings that train too.",
              config -> Optional.of(config.tokenIndices()).filter(ids -> !ids.isEmpty()),
              Builder::tokenIndices)
          .add(
              "ensure_weight_tying",
              FieldType.BOOL,
              "Modules that share the token embeddings follow what trains there.",
              LoraConfig::ensureWeightTying,
              Builder::ensureWeightTying)
          .add(
              "fan_in_fan_out",
              FieldType.BOOL,
              "Kept for Python, which needs it for GPT-2.",
              LoraConfig::fanInFanOut,
              Builder::fanInFanOut)
          .refuse(
              List.of(
                  "use_bdlora",
                  "target_parameters",
                  "layer_replication",
                  "alora_invocation_tokens",
                  "megatron_config",
                  "velora_config",
                  "monteclora_config",
                  "arrow_config",
                  "kasa_config"))
          // Settings of initialisations, which no longer matter for a saved adapter.
          .ignore(List.of("eva_config", "corda_config", "lora_ga_config"))
          .ignore("megatron_core", TextNode.valueOf("megatron.core"))
          .ignore(List.of("runtime_config"))
          .omit("runtime_config");

  private LoraFields() {}

  private static @Nullable LoraInit init(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? LoraInit.STANDARD : LoraInit.RANDOM;
    }
    return switch (value.asText()) {
      case "gaussian" -> LoraInit.GAUSSIAN;
      case "orthogonal" -> LoraInit.ORTHOGONAL;
      case "olora" -> LoraInit.OLORA;
      case "eva" -> LoraInit.EVA;
      case "pissa" -> LoraInit.PISSA;
      case "mica" -> LoraInit.MICA;
      case "loftq" -> LoraInit.LOFTQ;
      default ->
          value.asText().matches("pissa_niter_[0-9]{1,9}") ? LoraInit.APPROXIMATE_PISSA : null;
    };
  }

  private static JsonNode init(LoraInit init) {
    return switch (init) {
      case STANDARD -> BooleanNode.TRUE;
      case RANDOM -> BooleanNode.FALSE;
      default -> TextNode.valueOf(init.json());
    };
  }

  @SuppressWarnings("NullableOptional") // Null is for values that are not allowed.
  private static @Nullable Optional<LoftQ> loftq(JsonNode value) {
    if (!value.isObject() || value.isEmpty()) {
      return value.isObject() ? Optional.empty() : null;
    }
    JsonNode bits = value.path(BITS);
    JsonNode iterations = value.path(ITERATIONS);
    int known = (bits.isInt() ? 1 : 0) + (iterations.isInt() ? 1 : 0);
    return known == value.size()
        ? Optional.of(
            new LoftQ(
                bits.asInt(LoftQ.DEFAULT.bits()), iterations.asInt(LoftQ.DEFAULT.iterations())))
        : null;
  }

  private static JsonNode loftq(Optional<LoftQ> settings) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    settings.ifPresent(s -> json.put(BITS, s.bits()).put(ITERATIONS, s.iterations()));
    return json;
  }

  private static @Nullable Map<String, List<Integer>> tokens(JsonNode value) {
    if (value.isContainerNode() && value.isEmpty()) {
      return Map.of();
    }
    if (value.isObject()) {
      return TOKENS_BY_NAME.reader().apply(value);
    }
    List<Integer> ids = FieldType.INTEGERS.reader().apply(value);
    return ids == null ? null : Map.of("", ids);
  }

  private static JsonNode tokens(Map<String, List<Integer>> ids) {
    List<Integer> alone = ids.get("");
    return alone == null
        ? TOKENS_BY_NAME.writer().apply(ids)
        : FieldType.INTEGERS.writer().apply(alone);
  }
}
