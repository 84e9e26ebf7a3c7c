package org.peft4j.lora.lokr;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.TextNode;
import org.jspecify.annotations.Nullable;
import org.peft4j.config.ConfigFields;
import org.peft4j.config.FieldType;
import org.peft4j.lora.lokr.LoKrConfig.Builder;
import org.peft4j.lora.lycoris.LycorisFields;

/** The fields of {@link LoKrConfig} in {@code adapter_config.json}. */
final class LoKrFields {
  private static final String LYCORIS = "lycoris";

  private static final FieldType<LoKrInit> INIT =
      FieldType.of("true, false, lycoris", LoKrFields::init, LoKrFields::init).listed();

  static final ConfigFields<LoKrConfig, Builder> ALL =
      LycorisFields.describe(
              ConfigFields.of("LoKr", "lokr", LoKrConfig::builder, Builder::build),
              LoKrConfig::fields)
          .add(
              "decompose_both",
              FieldType.BOOL,
              "Let the first factor be of low rank too.",
              LoKrConfig::decomposeBoth,
              Builder::decomposeBoth)
          .add(
              "decompose_factor",
              LoKrConfig.FACTOR,
              "Target size of each dimension's smaller part; -1 for its root.",
              LoKrConfig::decomposeFactor,
              Builder::decomposeFactor)
          .add(
              "rank_dropout_scale",
              FieldType.BOOL,
              "Divide the rows that dropout keeps by their share.",
              LoKrConfig::rankDropoutScale,
              Builder::rankDropoutScale)
          .add(
              "init_weights",
              INIT,
              "First values of the factors.",
              LoKrConfig::init,
              Builder::init);

  private LoKrFields() {}

  private static @Nullable LoKrInit init(JsonNode value) {
    if (value.isBoolean()) {
      return value.booleanValue() ? LoKrInit.STANDARD : LoKrInit.RANDOM;
    }
    return value.asText().equals(LYCORIS) ? LoKrInit.LYCORIS : null;
  }

  private static JsonNode init(LoKrInit init) {
    return switch (init) {
      case STANDARD -> BooleanNode.TRUE;
      case RANDOM -> BooleanNode.FALSE;
      case LYCORIS -> TextNode.valueOf(LYCORIS);
    };
  }
}
