package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.peft4j.error.PeftException;

class GenerationConfigTest {
  @Test
  void allValuesOutOfRangeAreToldAtOnce() {
    GenerationConfigBuilder builder =
        GenerationConfig.builder()
            .maxNewTokens(0)
            .temperature(0)
            .topK(-1)
            .topP(1.5)
            .repetitionPenalty(Double.NaN)
            .eosTokenIds(List.of(2, -7))
            .padTokenId(-3);

    assertThatThrownBy(builder::build)
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Invalid GenerationConfig: maxNewTokens is 0; allowed: 1 or more. temperature is 0.0;"
                + " allowed: a finite number above 0 (doSample false always takes the likeliest"
                + " token). topK is -1; allowed: 0 (all tokens) or more. topP is 1.5; allowed:"
                + " above 0, at most 1. repetitionPenalty is NaN; allowed: a finite number above 0."
                + " eosTokenIds has -7; allowed: token ids, 0 or more. padTokenId is -3; allowed: 0"
                + " or more.");
  }
}
