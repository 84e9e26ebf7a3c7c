package org.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.prompt.multitask.MultitaskPromptConfig;
import org.peft4j.prompt.tuning.PromptInit;
import org.peft4j.prompt.tuning.PromptTuningConfig;

/** Configs of prompts and prefixes, from JSON and to it. */
class PromptConfigsTest {
  private static final String TEXT =
      ", 'prompt_tuning_init': 'TEXT', 'prompt_tuning_init_text': 'ab'";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "PROMPT_TUNING|  | num_virtual_tokens, the length of the prompt or prefix, is missing",
        "P_TUNING| , 'num_virtual_tokens': -1 | num_virtual_tokens is -1; allowed: 1 to",
        "PREFIX_TUNING| , 'num_virtual_tokens': 'a' | num_virtual_tokens is \"a\"; allowed: a whole",
        "PROMPT_TUNING| , 'num_virtual_tokens': 2, 'prompt_tuning_init': 'NOISE' | is \"NOISE\"",
        "PROMPT_TUNING| , 'num_virtual_tokens': 2, 'target_modules': ['q'] | do not go with a prompt",
        "P_TUNING| , 'num_virtual_tokens': 2, 'encoder_dropout': 1 | encoder_dropout is 1.0; allowed",
        "P_TUNING| , 'num_virtual_tokens': 2, 'encoder_hidden_size': 0 | encoder_hidden_size is 0",
        "PREFIX_TUNING| , 'num_virtual_tokens': 2, 'encoder_hidden_size': 0 | encoder_hidden_size is",
        "PREFIX_TUNING| , 'num_virtual_tokens': 2, 'init_weights': 'one' | init_weights is \"one\"",
        "MULTITASK_PROMPT_TUNING| , 'num_virtual_tokens': 2, 'num_tasks': 0 | num_tasks is 0; allowed",
        "MULTITASK_PROMPT_TUNING| , 'num_virtual_tokens': 2, 'num_ranks': 0 | num_ranks is 0; allowed",
      })
  void whatIsWrongIsTold(String method, String fields, String message) {
    assertThatThrownBy(() -> read(method, fields == null ? "" : fields))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROMPT_TUNING", "P_TUNING", "PREFIX_TUNING", "MULTITASK_PROMPT_TUNING"})
  void whatIsWrittenReadsTheSame(String method) throws JsonProcessingException {
    PeftConfig config = read(method, ", 'num_virtual_tokens': 4, 'task_type': 'CAUSAL_LM'");

    assertThat(Methods.named(method).readConfig(new ConfigReader(write(config)))).isEqualTo(config);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROMPT_TUNING", "MULTITASK_PROMPT_TUNING"})
  void aTextIsWrittenWithTheNameOfItsTokenizerOrTheBaseModels(String method)
      throws JsonProcessingException {
    String two = ", 'num_virtual_tokens': 2" + TEXT;

    ObjectNode none = write(read(method, two));
    ObjectNode base = write(read(method, two + ", 'base_model_name_or_path': 'b'"));
    ObjectNode own =
        write(
            read(method, two + ", 'base_model_name_or_path': 'b', 'tokenizer_name_or_path': 't'"));

    assertThat(none.path("prompt_tuning_init").asText()).isEqualTo("RANDOM");
    assertThat(base.path("prompt_tuning_init").asText()).isEqualTo("TEXT");
    assertThat(base.path("prompt_tuning_init_text").asText()).isEqualTo("ab");
    assertThat(base.path("tokenizer_name_or_path").asText()).isEqualTo("b");
    assertThat(own.path("tokenizer_name_or_path").asText()).isEqualTo("t");
  }

  @Test
  void aTextBecomesTheIdsOfItsEncoder() throws JsonProcessingException {
    PeftConfig read = read("PROMPT_TUNING", ", 'num_virtual_tokens': 2" + TEXT);
    PromptTuningConfig built =
        PromptTuningConfig.builder()
            .virtualTokens(2)
            .initFromText("ab", text -> text.chars().toArray())
            .build();
    PeftConfig random =
        MultitaskPromptConfig.builder().virtualTokens(1).init(PromptInit.RANDOM).build();

    assertThat(((PromptTuningConfig) read.encoded(t -> new int[] {7, 8})).start().tokens())
        .containsExactly(7, 8);
    assertThat(built.start().tokens()).isEqualTo(List.of(97, 98));
    assertThat(random.encoded(t -> new int[] {1})).isEqualTo(random);
  }

  private static PeftConfig read(String method, String fields) throws JsonProcessingException {
    String text = "{'peft_type': '" + method + "'" + fields + "}";
    ObjectNode json = (ObjectNode) JsonMapper.builder().build().readTree(text.replace('\'', '"'));
    return Methods.named(method).readConfig(new ConfigReader(json));
  }

  private static ObjectNode write(PeftConfig config) {
    return Methods.of(config).writeConfig(config);
  }
}
