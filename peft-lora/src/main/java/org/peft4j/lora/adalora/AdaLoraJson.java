package org.peft4j.lora.adalora;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ConfigWriter;

/** An {@link AdaLoraConfig} in {@code adapter_config.json}, and back. */
final class AdaLoraJson {
  /** LoRA's fields that AdaLoRA has too and does not look at, as Hugging Face PEFT writes them. */
  private static final List<String> IGNORED =
      List.of(
          "r",
          "use_rslora",
          "alpha_pattern",
          "lora_bias",
          "megatron_config",
          "megatron_core",
          "trainable_token_indices",
          "eva_config",
          "corda_config",
          "lora_ga_config",
          "velora_config",
          "alora_invocation_tokens",
          "use_qalora",
          "qalora_group_size",
          "monteclora_config",
          "layer_replication",
          "runtime_config",
          "target_parameters",
          "use_bdlora",
          "arrow_config",
          "kasa_config",
          "ensure_weight_tying");

  private static final List<String> REFUSED = List.of("use_dora", "loftq_config");

  private AdaLoraJson() {}

  static AdaLoraConfig read(ConfigReader json) {
    IGNORED.forEach(json::any);
    REFUSED.forEach(field -> refuse(json, field));
    int initR = json.integer("init_r", 12);
    int targetR = json.integer("target_r", 8);
    double alpha = json.number("lora_alpha", 8);
    double dropout = json.number("lora_dropout", 0);
    RankSchedule schedule =
        new RankSchedule(
            json.integer("tinit", 0),
            json.integer("tfinal", 0),
            json.integer("deltaT", 1),
            json.integer("total_step", 0));
    double beta1 = json.number("beta1", 0.85);
    double beta2 = json.number("beta2", 0.85);
    double orthogonality = json.number("orth_reg_weight", 0.5);
    Map<String, List<Boolean>> pattern = pattern(json);
    boolean init = json.bool("init_lora_weights", true);
    boolean fanInFanOut = json.bool("fan_in_fan_out", false);
    CommonConfig common = json.common("lora", "AdaLoRA config");
    return new AdaLoraConfig(
        common,
        initR,
        targetR,
        alpha,
        dropout,
        schedule,
        beta1,
        beta2,
        orthogonality,
        pattern,
        init,
        fanInFanOut);
  }

  private static void refuse(ConfigReader json, String field) {
    boolean set =
        json.any(field)
            .filter(v -> !(v.isContainerNode() && v.isEmpty()))
            .filter(v -> !v.isBoolean() || v.booleanValue())
            .isPresent();
    if (set) {
      json.problem(field + " is set; AdaLoRA does not go with it. Allowed: null.");
    }
  }

  private static Map<String, List<Boolean>> pattern(ConfigReader json) {
    Map<String, List<Boolean>> result = new LinkedHashMap<>();
    JsonNode node = json.any("rank_pattern").orElse(null);
    if (node == null) {
      return result;
    }
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      List<Boolean> kept = new ArrayList<>();
      entry.getValue().forEach(e -> kept.add(e.booleanValue()));
      boolean booleans = entry.getValue().isArray();
      for (JsonNode element : entry.getValue()) {
        booleans &= element.isBoolean();
      }
      if (!booleans) {
        json.problem("rank_pattern \"" + entry.getKey() + "\" is no list of true and false.");
      }
      result.put(entry.getKey(), kept);
    }
    if (!node.isObject()) {
      json.problem("rank_pattern is no object of module: list of true and false.");
    }
    return result;
  }

  static ObjectNode write(AdaLoraConfig config) {
    ObjectNode json = ConfigWriter.common(AdaLoraConfig.PEFT_TYPE, "lora", config.common());
    IGNORED.stream().filter(field -> !field.equals("runtime_config")).forEach(json::putNull);
    json.put("r", 8);
    json.put("use_rslora", false);
    json.putObject("alpha_pattern");
    json.put("lora_bias", false);
    json.put("megatron_core", "megatron.core");
    json.put("use_qalora", false);
    json.put("qalora_group_size", 16);
    json.put("ensure_weight_tying", false);
    json.put("use_dora", false);
    json.putObject("loftq_config");
    json.put("init_r", config.initR());
    json.put("target_r", config.targetR());
    ConfigWriter.number(json, "lora_alpha", config.alpha());
    json.put("lora_dropout", config.dropout());
    json.put("tinit", config.schedule().tinit());
    json.put("tfinal", config.schedule().tfinal());
    json.put("deltaT", config.schedule().deltaT());
    json.put("total_step", config.schedule().totalStep());
    json.put("beta1", config.beta1());
    json.put("beta2", config.beta2());
    json.put("orth_reg_weight", config.orthRegWeight());
    json.put("init_lora_weights", config.initLoraWeights());
    json.put("fan_in_fan_out", config.fanInFanOut());
    if (config.rankPattern().isEmpty()) {
      json.putNull("rank_pattern");
    } else {
      ObjectNode pattern = json.putObject("rank_pattern");
      config
          .rankPattern()
          .forEach(
              (key, kept) -> {
                ArrayNode list = pattern.putArray(key);
                kept.forEach(k -> list.add(k.booleanValue()));
              });
    }
    return json;
  }
}
