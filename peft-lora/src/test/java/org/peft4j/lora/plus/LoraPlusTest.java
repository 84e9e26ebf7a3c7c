package org.peft4j.lora.plus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.method.ParameterGroups.Group;

/** The learning rate and decay of each tensor, with ratio 16, decay 0.1 and embeddings at 1e-5. */
class LoraPlusTest {
  private static final LoraPlus PLUS = new LoraPlus(16, 1e-5, 0.1);

  @ParameterizedTest
  @CsvSource({
    "up.lora_A.weight, 2, 1, 0.1",
    "up.lora_B.weight, 2, 16, 0.1",
    "up.lora_B.bias, 1, 16, 0",
    "up.lora_magnitude_vector, 1, 16, 0.1",
    "up.lora_E, 2, 1, 0.1",
    "up.bias, 1, 16, 0",
    "wte.lora_embedding_A, 2, 0.1, 0.1",
    "wte.lora_embedding_B, 2, 0.1, 0.1"
  })
  void bAndVectorsAreFastEmbeddingsHaveARateOfTheirOwn(
      String key, int dimensions, double rate, double decay) {
    Group group = PLUS.of("base_model.model.h.0." + key, dimensions, 1e-4);

    assertThat(group.rate()).isCloseTo(rate, org.assertj.core.data.Offset.offset(1e-12));
    assertThat(group.weightDecay()).isEqualTo(decay);
  }

  @Test
  void whereNothingLearnsEmbeddingsDoNotEither() {
    assertThat(PLUS.of("wte.lora_embedding_A", 2, 0).rate()).isZero();
  }

  @Test
  void huggingFacesDefaults() {
    assertThat(LoraPlus.ratio(4)).isEqualTo(new LoraPlus(4, 1e-6, 0));
    assertThat(LoraPlus.OPTION.effect().groups(4, 0.3)).isEqualTo(new LoraPlus(4, 1e-6, 0.3));
    assertThat(LoraPlus.OPTION.name()).isEqualTo("lora-plus-ratio");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 0",
    "-1, 0, 0",
    "NaN, 0, 0",
    "Infinity, 0, 0",
    "1, -1, 0",
    "1, 0, -1",
    "1, NaN, 0"
  })
  void impossibleValuesAreRefused(double ratio, double embedding, double decay) {
    assertThatThrownBy(() -> new LoraPlus(ratio, embedding, decay))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "LoRA+ has ratio %s, embeddingRate %s and weightDecay %s; allowed: finite numbers, the"
                + " ratio above 0, the others 0 and above.",
            ratio, embedding, decay);
  }
}
