package org.peft4j.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups;
import org.peft4j.method.ParameterGroups.Group;
import org.peft4j.train.data.TrainingData;

/** Which tensors decay; the first column is what {@code get_decay_parameter_names} says. */
class DecayOfMatricesTest {
  private static final TrainingData DATA = TinyTraining.data(3);

  @ParameterizedTest
  @CsvSource({
    "true,  base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight",
    "true,  base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector",
    "true,  base_model.model.model.layers.0.mlp.down_proj.ia3_l",
    "true,  base_model.model.lm_head.weight",
    "true,  prompt_embeddings",
    "false, base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias",
    "false, base_model.model.model.layers.0.self_attn.q_proj.base_layer.bias",
    "false, base_model.model.model.layers.1.input_layernorm.ln_tuning_layers.weight",
    "false, base_model.model.model.norm.weight",
    "false, base_model.model.model.decoder.layers.0.final_layer_norm.weight",
    "false, base_model.model.model.layers.0.self_attn.q_norm.weight"
  })
  void biasesAndNormsDoNotDecay(boolean decays, String key) {
    try (TinyTraining tiny = new TinyTraining()) {
      FineTuningSettingsBuilder settings = FineTuningSettings.builder().weightDecay(0.1);

      Group some = DecayOfMatrices.of(settings.build(), tiny.model).of(key, 1, 1);
      Group all = DecayOfMatrices.of(settings.decayAll(true).build(), tiny.model).of(key, 1, 1);

      assertThat(some).isEqualTo(new Group(1, decays ? 0.1 : 0));
      assertThat(all).isEqualTo(new Group(1, 0.1));
    }
  }

  @Test
  void ratesThatAreSetTwiceAreRefused() {
    record Named(String name) implements ParameterGroups {
      @Override
      public Group of(String key, int dimensions, double learningRate) {
        return new Group(1, 0);
      }
    }
    try (TinyTraining tiny = new TinyTraining()) {
      var builder = FineTuner.builder(tiny.model, DATA).groups(new Named("first"));

      assertThatThrownBy(() -> builder.groups(new Named("second")))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("set twice, by Named[name=first] and by Named[name=second]");
    }
  }
}
