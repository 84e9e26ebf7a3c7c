package org.peft4j.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;
import org.peft4j.prompt.internal.tuning.PromptTuningMethod;
import org.peft4j.prompt.tuning.PromptTuningConfig;

/** The fields that the configs of all prompts share. */
class PromptFieldsTest {
  private static final PromptFields FULL =
      new PromptFields(4, Optional.of(8), Optional.of(1), Optional.of(2), Optional.of(3));

  private static final PromptFields ALONE =
      PromptTuningConfig.builder().virtualTokens(4).build().prompt();

  private static ObjectNode written(PromptFields fields) {
    return new PromptTuningMethod()
        .writeConfig(PromptTuningConfig.builder().prompt(fields).build());
  }

  @Test
  void whatIsWrittenReadsTheSame() {
    for (PromptFields fields : List.of(FULL, ALONE)) {
      PromptTuningConfig read =
          new PromptTuningMethod().readConfig(new ConfigReader(written(fields)));

      assertThat(read.prompt()).isEqualTo(fields);
    }
  }

  @Test
  void whatComesFromTheModelIsWrittenAsNull() {
    ObjectNode json = written(ALONE);

    assertThat(json.get("num_virtual_tokens").intValue()).isEqualTo(4);
    for (String field :
        List.of("token_dim", "num_transformer_submodules", "num_attention_heads", "num_layers")) {
      assertThat(json.get(field).isNull()).as(field).isTrue();
    }
  }

  @Test
  void fieldsOfTargetsAreNotWritten() {
    ObjectNode json = written(FULL);

    assertThat(json.get("peft_type").textValue()).isEqualTo("PROMPT_TUNING");
    for (String field :
        List.of(
            "bias", "target_modules", "exclude_modules", "layers_to_transform", "layers_pattern")) {
      assertThat(json.has(field)).as(field).isFalse();
    }
  }

  private static PromptFields of(int tokens) {
    return new PromptFields(
        tokens, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }

  @ParameterizedTest
  @CsvSource({"1", "1048576"})
  void theNumberOfTokensHasALowestAndAHighest(int tokens) {
    assertThat(of(tokens).problems(CommonConfig.DEFAULT)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 'num_virtual_tokens, the length of the prompt or prefix, is missing; allowed: 1 to 1048576.'",
    "-3, num_virtual_tokens is -3; allowed: 1 to 1048576.",
    "1048577, num_virtual_tokens is 1048577; allowed: 1 to 1048576."
  })
  void otherNumbersOfTokensAreProblems(int tokens, String problem) {
    assertThat(of(tokens).problems(CommonConfig.DEFAULT)).containsExactly(problem);
  }

  @Test
  void aPromptHasNoTargetsAndNoExclusions() {
    CommonConfig excluding =
        new CommonConfig(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new ModuleSelector.Regex("x")),
            List.of(),
            List.of(),
            List.of(),
            CommonConfig.DEFAULT.bias(),
            CommonConfig.DEFAULT.unknown());

    assertThat(FULL.problems(excluding))
        .containsExactly(
            "target_modules and exclude_modules do not go with a prompt: leave them out.");
  }

  @Test
  void theWidthOfAnEncoderIsPositiveWhereItIsGiven() {
    assertThat(FULL.problems(CommonConfig.DEFAULT, Optional.of(0)))
        .containsExactly("encoder_hidden_size is 0; allowed: 1 and up.");
    assertThat(FULL.problems(CommonConfig.DEFAULT, Optional.of(1))).isEmpty();
    assertThat(FULL.problems(CommonConfig.DEFAULT, Optional.empty())).isEmpty();
  }

  @Test
  void aFieldThatTheModelHasToMustAgreeWithIt() {
    assertThatThrownBy(() -> PromptFields.require("token_dim", Optional.of(8), 16))
        .isInstanceOf(PeftException.class)
        .hasMessage("token_dim is 8, but this model's is 16. Leave it out.");
    assertThatCode(() -> PromptFields.require("token_dim", Optional.of(16), 16))
        .doesNotThrowAnyException();
    assertThatCode(() -> PromptFields.require("token_dim", Optional.empty(), 16))
        .doesNotThrowAnyException();
  }
}
