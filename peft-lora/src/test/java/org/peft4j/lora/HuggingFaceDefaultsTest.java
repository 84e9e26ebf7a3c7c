package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.loha.LoHaConfig;
import org.peft4j.lora.lokr.LoKrConfig;
import org.peft4j.lora.vera.VeraConfig;
import org.peft4j.method.Methods;
import org.peft4j.method.PeftMethod;

/** The default of each field of the methods that Hugging Face PEFT has, as its configs say. */
class HuggingFaceDefaultsTest {
  private static final String LYCORIS =
      "'rank_pattern': {}, 'alpha_pattern': {}, 'r': 8, 'alpha': 8, 'rank_dropout': 0.0,"
          + " 'module_dropout': 0.0, 'use_effective_conv2d': false, 'init_weights': true";

  static Stream<Arguments> defaults() {
    return Stream.of(
        Arguments.of(LoHaConfig.builder().build(), LYCORIS),
        Arguments.of(
            LoKrConfig.builder().build(),
            LYCORIS
                + ", 'decompose_both': false, 'decompose_factor': -1, 'rank_dropout_scale': false"),
        Arguments.of(
            VeraConfig.builder().build(),
            "'r': 256, 'projection_prng_key': 0, 'save_projection': true, 'vera_dropout': 0.0,"
                + " 'd_initial': 0.1, 'fan_in_fan_out': false, 'bias': 'none',"
                + " 'init_weights': true"),
        Arguments.of(
            AdaLoraConfig.builder().totalStep(100).build(),
            "'total_step': 100, 'init_r': 12, 'target_r': 8, 'lora_alpha': 8, 'lora_dropout': 0.0,"
                + " 'tinit': 0, 'tfinal': 0, 'deltaT': 1, 'beta1': 0.85, 'beta2': 0.85,"
                + " 'orth_reg_weight': 0.5, 'rank_pattern': null, 'init_lora_weights': true,"
                + " 'fan_in_fan_out': false, 'bias': 'none', 'r': 8, 'use_rslora': false,"
                + " 'use_dora': false, 'alpha_pattern': {}, 'lora_bias': false,"
                + " 'megatron_core': 'megatron.core', 'qalora_group_size': 16"));
  }

  private static ObjectNode json(String fields) {
    try {
      return (ObjectNode) new JsonMapper().readTree("{" + fields.replace('\'', '"') + "}");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(fields, e);
    }
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void aFileSaysThem(PeftConfig config, String expected) {
    ObjectNode written = write(config);

    json(expected)
        .properties()
        .forEach(
            field -> {
              JsonNode actual = written.path(field.getKey());
              if (field.getValue().isNumber()) {
                assertThat(actual.doubleValue())
                    .as(field.getKey())
                    .isEqualTo(field.getValue().doubleValue());
              } else {
                assertThat(actual).as(field.getKey()).isEqualTo(field.getValue());
              }
            });
    assertThat(written.has("bias")).as("bias").isEqualTo(expected.contains("'bias'"));
  }

  private static <C extends PeftConfig> ObjectNode write(C config) {
    return Methods.of(config).writeConfig(config);
  }

  /** A file of an earlier version may say less. */
  @ParameterizedTest
  @MethodSource("defaults")
  void aFileWithoutThemMeansThem(PeftConfig config, String expected) {
    String least = "'peft_type': '" + config.peftType() + "'";
    PeftMethod<?> method = Methods.named(config.peftType());
    if (config instanceof AdaLoraConfig) {
      least += ", 'total_step': 100";
    }

    assertThat(method.readConfig(new ConfigReader(json(least)))).isEqualTo(config);
  }
}
