package org.peft4j.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.CommonBuilder;
import org.peft4j.config.CommonConfig;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Combination.Type;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.site.Site;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;

/** The methods on the class path, and what a method need not say. */
class MethodsTest {
  /** Says that it is a config of BitFit. */
  private record Pretender() implements PeftConfig {
    @Override
    public String peftType() {
      return BitFitConfig.PEFT_TYPE;
    }

    @Override
    public CommonConfig common() {
      return CommonConfig.DEFAULT;
    }

    @Override
    public CommonBuilder<?> toBuilder() {
      return BitFitConfig.builder();
    }
  }

  private static final BitFitConfig CONFIG = BitFitConfig.builder().build();
  private static final PeftMethod<BitFitConfig> BITFIT = Methods.of(CONFIG);

  @Test
  void theMethodsOfThisModuleAreFoundInTheOrderOfTheAlphabet() {
    List<String> names = new ArrayList<>(Methods.all().keySet());

    assertThat(names).contains("BITFIT", "LN_TUNING", "TRAINABLE_TOKENS").isSorted();
    Methods.all().forEach((name, method) -> assertThat(method.peftType()).isEqualTo(name));
  }

  @Test
  void aMethodIsFoundByItsConfig() {
    assertThat(Methods.of(NormTuningConfig.builder().build()).configType())
        .isEqualTo(NormTuningConfig.class);
    assertThat(Methods.named("BITFIT").configType()).isEqualTo(BitFitConfig.class);
  }

  @Test
  void anUnknownMethodIsToldWithThoseThatThereAre() {
    assertThatThrownBy(() -> Methods.named("BITFUT"))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "peft_type is \"BITFUT\", which is not a supported method. Nearest: \"BITFIT\", ")
        .hasMessageEndingWith(" Methods here: BITFIT, LN_TUNING, TRAINABLE_TOKENS.");
  }

  @Test
  void aMethodWhoseModuleIsNotThereIsToldWithTheModule() {
    assertThatThrownBy(() -> Methods.named("VERA"))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(
            "peft_type is \"VERA\", whose module peft-lora is not on the class path.");
  }

  @Test
  void aLongNameFromAFileIsCut() {
    assertThatThrownBy(() -> Methods.named("X".repeat(5_000)))
        .hasMessageStartingWith(
            "peft_type is \"" + "X".repeat(120) + "…\" (5000 characters), which");
  }

  @Test
  void aConfigOfAnotherClassIsRefused() {
    assertThatThrownBy(() -> Methods.of(new Pretender()))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(
            "Pretender says peft_type BITFIT, whose config is", "BitFitConfig");
  }

  @Test
  void aMethodThatSaysNoMoreHasNoHooksOptionsPatternsOrSums() {
    assertThat(BITFIT.trainingOptions()).isEmpty();
    assertThat(BITFIT.patterns(CONFIG)).isEmpty();
    assertThat(BITFIT.tokenRows(CONFIG)).isEmpty();
    assertThat(BITFIT.tensorPrefixes()).isEmpty();
    assertThat(BITFIT.savedModulesRoot()).isEqualTo("base_model.model.");
    assertThatThrownBy(() -> BITFIT.combine(List.of(), Combination.of(Type.LINEAR)))
        .isInstanceOf(PeftException.class)
        .hasMessage("Adapters of the method BITFIT cannot be combined.");
  }

  @Test
  void aConfigIsResolvedAndSavedAsItIs() {
    ModelModules model = new ModelModules(Optional.of("llama"), List.of());
    var tensors = Map.of("a", Values.random(1, 2));

    assertThat(BITFIT.resolved(CONFIG, model)).isSameAs(CONFIG);
    assertThat(BITFIT.saved(CONFIG, tensors)).isEqualTo(new PeftMethod.Saved<>(CONFIG, tensors));
  }

  @Test
  void partsOfAnAdapterShareOneObjectOfAClass() {
    Site site = Site.linear("fc", "fc", 2, 2, List.of());
    Injection injection = Frozen.of(site, Values.random(1, 2, 2)).injection();

    StringBuilder first = injection.shared(StringBuilder.class, StringBuilder::new);
    StringBuilder second = injection.shared(StringBuilder.class, StringBuilder::new);

    assertThat(second).isSameAs(first);
    assertThat(injection.shared(ArrayList.class, ArrayList::new)).isEmpty();
    Injection other = Frozen.nothing().injection(site);
    assertThat(other.shared(StringBuilder.class, StringBuilder::new)).isNotSameAs(first);
    assertThat(other.targets()).containsExactly(site);
    assertThat(other.fresh()).isTrue();
    assertThat(other.encoders()).isTrue();
  }

  @Test
  void aPlaceEndsAfterItsElements() {
    TensorPlace place = new TensorPlace("default", "key", List.of(2L, 3L), 10);

    assertThat(place.count()).isEqualTo(6);
    assertThat(place.end()).isEqualTo(16);
    assertThat(new TensorPlace("default", "scalar", List.of(), 16).end()).isEqualTo(17);
  }
}
