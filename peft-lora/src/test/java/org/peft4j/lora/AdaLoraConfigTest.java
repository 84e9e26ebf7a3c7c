package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.Peft;
import org.peft4j.error.PeftException;
import org.peft4j.lora.adalora.AdaLoraConfig;

/** What an AdaLoRA config refuses, and its file. */
class AdaLoraConfigTest {
  static Stream<Arguments> impossible() {
    return Stream.of(
        Arguments.of(AdaLoraConfig.builder(), "total_step is 0; allowed: 1 and up"),
        Arguments.of(AdaLoraConfig.builder().totalStep(9).initR(0), "init_r is 0; allowed: 1 to"),
        Arguments.of(AdaLoraConfig.builder().totalStep(9).targetR(-1), "target_r is -1"),
        Arguments.of(
            AdaLoraConfig.builder().totalStep(9).tinit(5).tfinal(4), "leave no step of total_step"),
        Arguments.of(AdaLoraConfig.builder().totalStep(9).deltaT(0), "deltaT is 0"),
        Arguments.of(AdaLoraConfig.builder().totalStep(9).beta1(1), "beta1 is 1.0; allowed: above"),
        Arguments.of(AdaLoraConfig.builder().totalStep(9).beta2(0), "beta2 is 0.0"),
        Arguments.of(AdaLoraConfig.builder().totalStep(9).dropout(1), "lora_dropout is 1.0"),
        Arguments.of(
            AdaLoraConfig.builder().totalStep(9).orthRegWeight(-1), "orth_reg_weight is -1.0"));
  }

  @ParameterizedTest
  @MethodSource("impossible")
  void impossibleValuesAreRefusedWithWhatIsAllowed(AdaLoraConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aConfigSurvivesItsFile(@TempDir Path folder) {
    AdaLoraConfig config =
        AdaLoraConfig.builder()
            .initR(5)
            .targetR(3)
            .alpha(7)
            .dropout(0.25)
            .tinit(1)
            .tfinal(2)
            .deltaT(3)
            .totalStep(40)
            .beta1(0.7)
            .beta2(0.6)
            .orthRegWeight(0.1)
            .targetModules("dense1")
            .build();
    Peft.wrap(SmallModel.graph(), config).save(folder);
    assertThat(Peft.load(SmallModel.graph(), folder).config(Peft.DEFAULT_ADAPTER))
        .isEqualTo(config);
  }
}
