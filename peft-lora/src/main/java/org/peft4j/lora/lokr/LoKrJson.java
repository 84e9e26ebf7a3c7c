package org.peft4j.lora.lokr;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.lora.lycoris.LycorisFields;

/** A {@link LoKrConfig} in {@code adapter_config.json}, and back. */
final class LoKrJson {
  private LoKrJson() {}

  static LoKrConfig read(ConfigReader json) {
    LycorisFields fields = LycorisFields.read(json);
    boolean both = json.bool("decompose_both", false);
    int factor = json.integer("decompose_factor", -1);
    boolean scaled = json.bool("rank_dropout_scale", false);
    LoKrInit init = init(json);
    CommonConfig common = json.common("lokr", "LoKr config");
    return new LoKrConfig(common, fields, both, factor, scaled, init);
  }

  private static LoKrInit init(ConfigReader json) {
    JsonNode value = json.any("init_weights").orElse(null);
    if (value == null || (value.isBoolean() && value.booleanValue())) {
      return LoKrInit.STANDARD;
    }
    if (value.isBoolean()) {
      return LoKrInit.RANDOM;
    }
    if (!value.asText().equals("lycoris")) {
      json.problem("init_weights is of an unknown kind; allowed: true, false, \"lycoris\".");
    }
    return LoKrInit.LYCORIS;
  }

  static ObjectNode write(LoKrConfig config) {
    ObjectNode json = config.fields().write(LoKrConfig.PEFT_TYPE, "lokr", config.common());
    json.put("decompose_both", config.decomposeBoth());
    json.put("decompose_factor", config.decomposeFactor());
    json.put("rank_dropout_scale", config.rankDropoutScale());
    switch (config.init()) {
      case STANDARD -> json.put("init_weights", true);
      case RANDOM -> json.put("init_weights", false);
      case LYCORIS -> json.put("init_weights", "lycoris");
    }
    return json;
  }
}
