package org.peft4j.prompt.ptuning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.adapter.Adapter;
import org.peft4j.config.ConfigReader;
import org.peft4j.error.PeftException;
import org.peft4j.method.Injection;
import org.peft4j.prompt.internal.EncodedPrompt;
import org.peft4j.prompt.internal.PromptTable;
import org.peft4j.prompt.internal.ptuning.PTuningMethod;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** P-tuning before embeddings of width 6. */
class PTuningTest {
  private static final Site PLACE = Site.place("prompt", "prompt", SiteKind.PROMPT, 0, 6);
  private static final PTuningMethod METHOD = new PTuningMethod();

  private static PTuningConfig.Builder config() {
    return PTuningConfig.builder().virtualTokens(2);
  }

  private static Adapter inject(PTuningConfig config, boolean encoders) {
    Injection injection = new Injection(List.of(PLACE), Frozen.nothing(), encoders);
    return METHOD.inject(PLACE, config, injection).orElseThrow();
  }

  @Test
  void theEncoderIsAPerceptronAsWideAsAnEmbeddingUnlessToldOtherwise() {
    assertThat(Values.shapes(inject(config().build(), true).parameters()))
        .hasSize(7)
        .containsEntry("mlp_head.0.weight", List.of(6L, 6L))
        .containsEntry("mlp_head.4.weight", List.of(6L, 6L));
    assertThat(Values.shapes(inject(config().encoderHiddenSize(9).build(), true).parameters()))
        .containsEntry("mlp_head.0.weight", List.of(9L, 6L))
        .containsEntry("mlp_head.4.weight", List.of(6L, 9L));
  }

  @Test
  void anLstmHasTwoLayersUnlessToldOtherwise() {
    PTuningConfig.Builder lstm =
        config().reparameterization(Reparameterization.LSTM).encoderHiddenSize(5);

    assertThat(Values.shapes(inject(lstm.build(), true).parameters()))
        .containsEntry("lstm_head.weight_ih_l1_reverse", List.of(20L, 10L))
        .containsEntry("mlp_head.2.weight", List.of(6L, 10L));
    assertThat(Values.shapes(inject(lstm.encoderLayers(1).build(), true).parameters()))
        .containsKey("lstm_head.weight_ih_l0_reverse")
        .doesNotContainKey("lstm_head.weight_ih_l1");
  }

  @Test
  void aFileHoldsTheTableAndLoadsAsOne() {
    EncodedPrompt made = (EncodedPrompt) inject(config().build(), true);
    PromptTable loaded = (PromptTable) inject(config().build(), false);

    assertThat(made.encodedShapes()).containsEntry("prompt_embeddings", List.of(2L, 6L));
    assertThat(Values.shapes(loaded.parameters())).isEqualTo(made.encodedShapes());
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, encoder_num_layers is 0; allowed: 1 to 64.",
    "65, 0, encoder_num_layers is 65; allowed: 1 to 64.",
    "2, 1, 'encoder_dropout is 1.0; allowed: 0 up to, not including, 1.'",
    "2, -0.5, 'encoder_dropout is -0.5; allowed: 0 up to, not including, 1.'",
    "2, NaN, 'encoder_dropout is NaN; allowed: 0 up to, not including, 1.'"
  })
  void impossibleEncodersAreRefused(int layers, double dropout, String message) {
    assertThatThrownBy(() -> config().encoderLayers(layers).encoderDropout(dropout).build())
        .isInstanceOf(PeftException.class)
        .hasMessage("Invalid P-tuning config: " + message);
  }

  @Test
  void anEncoderOfAnotherSortIsRefusedWithTheKnownOnes() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("num_virtual_tokens", 2);
    json.put("encoder_reparameterization_type", "GRU");

    assertThatThrownBy(() -> METHOD.readConfig(new ConfigReader(json)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("encoder_reparameterization_type is \"GRU\"; allowed: MLP, LSTM.");
  }

  @Test
  void aConfigOfAnotherModelIsRefused() {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put("num_virtual_tokens", 2);
    PTuningConfig config = METHOD.readConfig(new ConfigReader(json.put("token_dim", 8)));

    assertThatThrownBy(() -> inject(config, true))
        .isInstanceOf(PeftException.class)
        .hasMessage("token_dim is 8, but this model's is 6. Leave it out.");
  }

  @Test
  void anLstmsConfigReadsAsItWasWritten() {
    PTuningConfig config =
        config()
            .reparameterization(Reparameterization.LSTM)
            .encoderHiddenSize(5)
            .encoderLayers(3)
            .encoderDropout(0.25)
            .taskType("CAUSAL_LM")
            .build();

    assertThat(METHOD.readConfig(new ConfigReader(METHOD.writeConfig(config)))).isEqualTo(config);
  }
}
