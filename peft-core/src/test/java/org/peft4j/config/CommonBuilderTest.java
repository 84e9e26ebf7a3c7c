package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.ModuleSelector.AllLinear;
import org.peft4j.config.ModuleSelector.Every;
import org.peft4j.config.ModuleSelector.Names;
import org.peft4j.config.ModuleSelector.Regex;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.token.TokenTuningConfig;

/** The setters that the builders of all methods share. */
class CommonBuilderTest {
  private static CommonConfig common(BitFitConfig.Builder builder) {
    return builder.build().common();
  }

  private static BitFitConfig.Builder builder() {
    return BitFitConfig.builder();
  }

  @Test
  void targetsAreNamesAPatternOrEveryLinearMap() {
    assertThat(common(builder()).targetModules()).isEmpty();
    assertThat(common(builder().targetModules("q", "v")).targetModules())
        .contains(new Names(List.of("q", "v")));
    assertThat(common(builder().targetRegex(".*q")).targetModules()).contains(new Regex(".*q"));
    assertThat(common(builder().targetAllLinear()).targetModules()).contains(new AllLinear());
  }

  @Test
  void allLinearIsAWordOfItsOwnOnlyWhereItIsAlone() {
    assertThat(common(builder().targetModules("all-linear")).targetModules())
        .contains(new AllLinear());
    assertThat(common(builder().targetModules("all-linear", "q")).targetModules())
        .contains(new Names(List.of("all-linear", "q")));
  }

  @Test
  void theLastTargetsCount() {
    assertThat(common(builder().targetModules("q").targetRegex(".*v")).targetModules())
        .contains(new Regex(".*v"));
  }

  @Test
  void exclusionsAreNamesOrAPattern() {
    assertThat(common(builder().excludeModules("q")).excludeModules())
        .contains(new Names(List.of("q")));
    assertThat(common(builder().excludeRegex(".*q")).excludeModules()).contains(new Regex(".*q"));
  }

  @Test
  void aTextOfJsonIsAPatternUnlessItIsAWord() {
    assertThat(ModuleSelector.of("all-linear")).isEqualTo(new AllLinear());
    // Hugging Face PEFT takes it in any case.
    assertThat(ModuleSelector.of("All-Linear")).isEqualTo(new AllLinear());
    assertThat(ModuleSelector.of("all-adaptable")).isEqualTo(new Every());
    assertThat(common(builder().targetModules("all-adaptable")).targetModules())
        .isEqualTo(common(builder().targetAllAdaptable()).targetModules())
        .contains(new Every());
    assertThat(ModuleSelector.of("all-linears")).isEqualTo(new Regex("all-linears"));
  }

  @Test
  void aBuilderMakesConfigsThatLaterSettersDoNotChange() {
    BitFitConfig.Builder builder = builder().targetModules("q");

    BitFitConfig first = builder.build();
    BitFitConfig second = builder.targetModules("v").bias(Bias.ALL).build();

    assertThat(first.common().targetModules()).contains(new Names(List.of("q")));
    assertThat(first.common().bias()).isEqualTo(Bias.NONE);
    assertThat(second.common().targetModules()).contains(new Names(List.of("v")));
  }

  @Test
  void namesOfTargetsCannotBeChangedFromOutside() {
    String[] names = {"q"};
    BitFitConfig config = builder().targetModules(names).build();

    names[0] = "v";

    Names selected = (Names) config.common().targetModules().orElseThrow();
    assertThat(selected.names()).containsExactly("q");
    assertThatThrownBy(() -> selected.names().add("v"))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  static Stream<PeftConfig> configs() {
    return Stream.of(
        everything(BitFitConfig.builder()).build(),
        everything(NormTuningConfig.builder()).build(),
        everything(TokenTuningConfig.builder().tokenIndices(3).initWeights(false)).build());
  }

  private static <B extends CommonBuilder<B>> B everything(B builder) {
    return builder
        .taskType("SEQ_CLS")
        .baseModel("base")
        .revision("main")
        .targetModules("q")
        .excludeModules("v")
        .modulesToSave("head")
        .layersToTransform(0, 2)
        .layersPattern("layers")
        .bias(Bias.TARGETS_ONLY);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aBuilderOfAConfigHasAllOfItsValues(PeftConfig config) {
    assertThat(config.toBuilder().build()).isEqualTo(config).isNotSameAs(config);
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aConfigWithoutAPromptIsTheSameWhateverItsTextEncodesTo(PeftConfig config) {
    assertThat(config.encoded(text -> new int[] {1})).isSameAs(config);
  }

  /** Python writes an empty text where there is no pattern. */
  @Test
  void anEmptyNameOfAContainerIsNone() {
    BitFitConfig config =
        BitFitConfig.builder().targetModules("q").layersToTransform(1).layersPattern("").build();

    assertThat(config.common().layersPattern()).isEmpty();
  }
}
