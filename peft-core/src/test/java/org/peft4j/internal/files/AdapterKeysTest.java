package org.peft4j.internal.files;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.norm.NormTuningConfig;

/** Which module a tensor of an adapter file belongs to; here of layer-norm tuning. */
class AdapterKeysTest {
  private static final AdapterKeys KEYS = AdapterKeys.of(NormTuningConfig.builder().build());

  @ParameterizedTest
  @CsvSource({
    // The method's own tensors.
    "base_model.model.h.0.ln.ln_tuning_layers.weight, h.0.ln",
    // Biases and rows that train beside it.
    "base_model.model.h.0.fc.base_layer.bias, h.0.fc",
    "base_model.model.wte.token_adapter.trainable_tokens_delta, wte",
    "base_model.model.wte.trainable_tokens_delta, wte",
    // Whole modules, with Deeplearning4j's parameter names too.
    "base_model.model.score.weight, score",
    "base_model.model.h.0.fc.bias, h.0.fc",
    "base_model.model.out.W, out.W"
  })
  void theModuleEndsWhereTheTensorsNameBegins(String key, String module) {
    assertThat(KEYS.module(key)).contains(module);
  }

  @Test
  void aTensorOfTheAdapterAsAWholeHasNoModule() {
    assertThat(KEYS.module("prompt_embeddings")).isEmpty();
    assertThat(KEYS.module("base_model.vera_A")).isEmpty();
  }
}
