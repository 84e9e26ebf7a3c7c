package org.peft4j.lora.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;

/** {@code adapter_config.json} of LoRA, as Hugging Face PEFT writes and reads it. */
class LoraFieldsTest {
  private static JsonNode json(String text) {
    try {
      return new JsonMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }

  private static LoraConfig read(String text) {
    return LoraFields.ALL.read(new ConfigReader((ObjectNode) json(text)));
  }

  @Test
  void anEmptyFileHasHuggingFacesDefaults() {
    LoraConfig config = read("{}");

    assertThat(config).isEqualTo(LoraConfig.builder().build());
    assertThat(config.ranks().rank()).isEqualTo(8);
    assertThat(config.ranks().alpha()).isEqualTo(8);
    assertThat(config.dropout()).isZero();
    assertThat(config.init()).isEqualTo(LoraInit.STANDARD);
  }

  /** What its reader needs, and does not find out by itself. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "r, 8",
        "lora_alpha, 8",
        "lora_dropout, 0.0",
        "use_rslora, false",
        "use_dora, false",
        "init_lora_weights, true",
        "lora_bias, false",
        "rank_pattern, {}",
        "alpha_pattern, {}",
        "trainable_token_indices, null",
        "megatron_core, 'megatron.core'",
        "loftq_config, {}",
        "qalora_group_size, 16"
      })
  void aFileSaysEveryFieldWithItsDefault(String field, String value) {
    assertThat(LoraFields.ALL.write(LoraConfig.builder().build()).path(field))
        .isEqualTo(json(value));
  }

  @ParameterizedTest
  @EnumSource
  void everyStartIsReadAsItIsWritten(LoraInit init) {
    LoraConfig config = LoraConfig.builder().init(init).build();

    assertThat(LoraFields.ALL.read(new ConfigReader(LoraFields.ALL.write(config))))
        .isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource({
    "true, STANDARD",
    "false, RANDOM",
    "'eva', EVA",
    "'pissa', PISSA",
    "'pissa_niter_4', APPROXIMATE_PISSA"
  })
  void wordsOfPythonAreUnderstood(String word, LoraInit init) {
    String quoted = word.equals("true") || word.equals("false") ? word : "'" + word + "'";

    assertThat(read("{'init_lora_weights': " + quoted + "}").init()).isEqualTo(init);
  }

  @ParameterizedTest
  @ValueSource(strings = {"corda", "lora_ga", "LoftQ", "pissa_niter_", "pissa_niter_x", "STANDARD"})
  void otherWordsAreRefused(String word) {
    assertThatThrownBy(() -> read("{'init_lora_weights': '" + word + "'}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(
            "init_lora_weights is \"" + word + "\"; allowed: true, false, gaussian");
  }

  @Test
  void settingsOfLoftqAreAnObject() {
    LoraConfig config =
        read("{'init_lora_weights': 'loftq', 'loftq_config': {'loftq_bits': 8, 'loftq_iter': 5}}");

    assertThat(config.loftq()).isEqualTo(new LoftQ(8, 5));
    assertThat(LoraFields.ALL.write(config).path("loftq_config"))
        .isEqualTo(json("{'loftq_bits': 8, 'loftq_iter': 5}"));
    assertThat(read("{'init_lora_weights': 'loftq'}").loftq()).isEqualTo(new LoftQ(4, 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'loftq_bits': '4'}",
        "{'loftq_bits': 4.5}",
        "{'bits': 4}",
        "{'loftq_iter': true}",
        "[4, 1]",
        "{'loftq_iter': 9999999999}"
      })
  void otherSettingsOfLoftqAreRefused(String settings) {
    assertThatThrownBy(
            () -> read("{'init_lora_weights': 'loftq', 'loftq_config': " + settings + "}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("loftq_config is ")
        .hasMessageContaining("allowed: an object of loftq_bits (4, 8) and loftq_iter");
  }

  @Test
  void settingsOfLoftqHaveLimits() {
    assertThatThrownBy(() -> read("{'loftq_config': {'loftq_bits': 2, 'loftq_iter': 0}}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll("loftq_bits is 2; allowed: 4, 8.", "loftq_iter is 0; allowed: 1");
  }

  @Test
  void tokensAreAListOrAnObjectByEmbedding() {
    assertThat(read("{'trainable_token_indices': [3, 5]}").tokenIndices())
        .isEqualTo(Map.of("", List.of(3, 5)));
    assertThat(read("{'trainable_token_indices': {'wte': [3], 'wpe': [0]}}").tokenIndices())
        .isEqualTo(Map.of("wte", List.of(3), "wpe", List.of(0)));
    assertThat(read("{'trainable_token_indices': []}").tokenIndices()).isEmpty();
    assertThatThrownBy(() -> read("{'trainable_token_indices': 'all'}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("trainable_token_indices is \"all\"; allowed: a list of token ids");
  }

  @Test
  void tokensAreWrittenInTheFormThatTheyHave() {
    LoraConfig own = LoraConfig.builder().trainableTokens(3, 5).build();
    LoraConfig named = LoraConfig.builder().tokenIndices(Map.of("wte", List.of(3))).build();

    assertThat(LoraFields.ALL.write(own).path("trainable_token_indices")).isEqualTo(json("[3, 5]"));
    assertThat(LoraFields.ALL.write(named).path("trainable_token_indices"))
        .isEqualTo(json("{'wte': [3]}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'layer_replication': [[0, 2]]",
        "'target_parameters': ['w']",
        "'alora_invocation_tokens': [1]"
      })
  void whatIsNotSupportedIsRefusedAndNotIgnored(String field) {
    String name = field.substring(1, field.indexOf('\'', 1));

    assertThatThrownBy(() -> read("{" + field + "}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(name);
  }
}
