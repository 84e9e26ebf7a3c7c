package org.peft4j.lora.internal;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;

/** A {@link LoraConfig} in {@code adapter_config.json}, and back. */
final class LoraJson {
  /** Fields of variants that this library does not have: absent, null, false or empty is fine. */
  private static final List<String> VARIANTS =
      List.of(
          "use_qalora",
          "use_bdlora",
          "target_parameters",
          "layer_replication",
          "alora_invocation_tokens",
          "megatron_config",
          "velora_config",
          "monteclora_config",
          "arrow_config",
          "kasa_config",
          "ensure_weight_tying");

  /** Settings of initialisations that are over once an adapter is saved. */
  private static final List<String> SPENT =
      List.of("loftq_config", "eva_config", "corda_config", "lora_ga_config");

  private LoraJson() {}

  static LoraConfig read(ConfigReader json) {
    VARIANTS.forEach(field -> refuseVariant(json, field));
    SPENT.forEach(json::any);
    json.any("megatron_core");
    json.any("qalora_group_size");
    json.any("runtime_config");
    LoraInit init = init(json);
    int rank = json.integer("r", 8);
    double alpha = json.number("lora_alpha", 8);
    double dropout = json.number("lora_dropout", 0);
    var rankPattern =
        json.numbers(
            "rank_pattern",
            n -> n.canConvertToExactIntegral() && n.canConvertToInt() ? n.intValue() : null);
    var alphaPattern = json.numbers("alpha_pattern", n -> n.isNumber() ? n.doubleValue() : null);
    boolean rslora = json.bool("use_rslora", false);
    boolean loraBias = json.bool("lora_bias", false);
    boolean dora = json.bool("use_dora", false);
    boolean fanInFanOut = json.bool("fan_in_fan_out", false);
    Map<String, List<Integer>> tokens = tokens(json);
    CommonConfig common = json.common("lora", "LoRA config");
    return new LoraConfig(
        common,
        rank,
        alpha,
        dropout,
        rankPattern,
        alphaPattern,
        rslora,
        loraBias,
        dora,
        init,
        tokens,
        fanInFanOut);
  }

  /** A list of ids for the model's token embedding, or lists by the name of the embedding. */
  private static Map<String, List<Integer>> tokens(ConfigReader json) {
    String field = "trainable_token_indices";
    JsonNode value = json.any(field).orElse(null);
    if (value == null || value.isContainerNode() && value.isEmpty()) {
      return Map.of();
    }
    if (!value.isObject()) {
      return Map.of("", json.integers(field));
    }
    Map<String, List<Integer>> byName = new LinkedHashMap<>();
    value
        .properties()
        .forEach(
            entry -> {
              ObjectNode one = JsonNodeFactory.instance.objectNode();
              one.set(field, entry.getValue());
              ConfigReader reader = new ConfigReader(one);
              byName.put(entry.getKey(), reader.integers(field));
              reader.problems().forEach(json::problem);
            });
    return byName;
  }

  private static void refuseVariant(ConfigReader json, String field) {
    json.any(field)
        .filter(value -> !isOff(value))
        .ifPresent(
            value ->
                json.problem(
                    field + " is set: this variant of LoRA is not supported; allowed: null."));
  }

  private static boolean isOff(JsonNode value) {
    return (value.isBoolean() && !value.booleanValue())
        || (value.isContainerNode() && value.isEmpty());
  }

  private static LoraInit init(ConfigReader json) {
    JsonNode value = json.any("init_lora_weights").orElse(null);
    if (value == null || (value.isBoolean() && value.booleanValue())) {
      return LoraInit.STANDARD;
    }
    if (value.isBoolean()) {
      return LoraInit.RANDOM;
    }
    String name = value.asText();
    switch (name) {
      case "gaussian":
        return LoraInit.GAUSSIAN;
      case "orthogonal":
        return LoraInit.ORTHOGONAL;
      case "olora":
        return LoraInit.OLORA;
      case "eva":
      case "loftq":
        return LoraInit.STANDARD;
      default:
        if (name.equals("pissa") || name.matches("pissa_niter_[0-9]{1,9}")) {
          return LoraInit.PISSA;
        }
        json.problem(
            "init_lora_weights is \""
                + (name.length() <= 40 ? name : name.substring(0, 37) + "…")
                + "\"; allowed: true, false, gaussian, pissa, olora, orthogonal. An adapter that"
                + " was initialised by data (corda, lora_ga) must be converted to plain LoRA"
                + " first: save it with path_initial_model_for_weight_conversion.");
        return LoraInit.STANDARD;
    }
  }

  static ObjectNode write(LoraConfig config) {
    ObjectNode json = ConfigWriter.common(LoraConfig.PEFT_TYPE, "lora", config.common());
    json.put("r", config.rank());
    ConfigWriter.number(json, "lora_alpha", config.alpha());
    json.put("lora_dropout", config.dropout());
    ObjectNode ranks = json.putObject("rank_pattern");
    config.rankPattern().forEach(ranks::put);
    ObjectNode alphas = json.putObject("alpha_pattern");
    config.alphaPattern().forEach((key, value) -> ConfigWriter.number(alphas, key, value));
    json.put("use_rslora", config.rslora());
    json.put("lora_bias", config.loraBias());
    json.put("fan_in_fan_out", config.fanInFanOut());
    switch (config.init()) {
      case STANDARD -> json.put("init_lora_weights", true);
      case RANDOM -> json.put("init_lora_weights", false);
      default -> json.put("init_lora_weights", config.init().json());
    }
    if (config.tokenIndices().isEmpty()) {
      json.putNull("trainable_token_indices");
    } else if (config.tokenIndices().containsKey("")) {
      config.tokenIndices().get("").forEach(json.putArray("trainable_token_indices")::add);
    } else {
      ObjectNode tokens = json.putObject("trainable_token_indices");
      config.tokenIndices().forEach((name, ids) -> ids.forEach(tokens.putArray(name)::add));
    }
    VARIANTS.forEach(json::putNull);
    json.put("use_dora", config.dora());
    List.of("use_qalora", "ensure_weight_tying").forEach(f -> json.put(f, false));
    json.putObject("loftq_config");
    json.put("megatron_core", "megatron.core");
    json.put("qalora_group_size", 16);
    List.of("eva_config", "corda_config", "lora_ga_config").forEach(json::putNull);
    return json;
  }
}
