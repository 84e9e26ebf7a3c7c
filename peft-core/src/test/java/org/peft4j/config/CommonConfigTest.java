package org.peft4j.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.error.PeftException;

/** The fields that every method's config has, and the rules between them. */
class CommonConfigTest {
  private static BitFitConfig.Builder builder() {
    return BitFitConfig.builder();
  }

  /** Not built by the builder, which throws where there are problems. */
  private static CommonConfig withLayers(
      Optional<ModuleSelector> targets, List<Integer> layers, List<String> containers) {
    return new CommonConfig(
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        targets,
        Optional.empty(),
        List.of(),
        layers,
        containers,
        Bias.NONE,
        Map.of());
  }

  @Test
  void withoutFieldsThereAreNoProblems() {
    assertThat(CommonConfig.DEFAULT.problems()).isEmpty();
    assertThat(CommonConfig.DEFAULT).isEqualTo(builder().build().common());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SEQ_CLS",
        "SEQ_2_SEQ_LM",
        "CAUSAL_LM",
        "TOKEN_CLS",
        "QUESTION_ANS",
        "FEATURE_EXTRACTION"
      })
  void everyTaskOfHuggingFacePeftIsAllowed(String task) {
    assertThatCode(() -> builder().taskType(task).build()).doesNotThrowAnyException();
  }

  @Test
  void anotherTaskIsToldWithThoseThatThereAre() {
    assertThatThrownBy(() -> builder().taskType("causal_lm").build())
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Invalid BitFit config: task_type is \"causal_lm\"; allowed: [SEQ_CLS, SEQ_2_SEQ_LM,"
                + " CAUSAL_LM, TOKEN_CLS, QUESTION_ANS, FEATURE_EXTRACTION] or none.");
  }

  @Test
  void classifiersSaveTheirHeadsToo() {
    CommonConfig config =
        builder().taskType("SEQ_CLS").modulesToSave("score", "out").build().common();

    assertThat(config.modulesToSave()).containsExactly("score", "out", "classifier");
    assertThat(config.taskHeads()).containsExactly("classifier", "score");
    assertThat(builder().taskType("CAUSAL_LM").build().common().taskHeads()).isEmpty();
    assertThat(CommonConfig.DEFAULT.taskHeads()).isEmpty();
  }

  @Test
  void layersAreChosenForNamesAndForTheDefaultTargetsOnly() {
    Optional<ModuleSelector> pattern = Optional.of(new ModuleSelector.Regex(".*q"));
    Optional<ModuleSelector> names = Optional.of(new ModuleSelector.Names(List.of("q")));
    Optional<ModuleSelector> linear = Optional.of(new ModuleSelector.AllLinear());
    String problem =
        "layers_to_transform goes with target_modules as a list of names, not as a pattern.";

    assertThat(withLayers(pattern, List.of(0), List.of()).problems()).containsExactly(problem);
    assertThat(withLayers(linear, List.of(0), List.of()).problems()).containsExactly(problem);
    assertThat(withLayers(names, List.of(0), List.of()).problems()).isEmpty();
    assertThat(withLayers(Optional.empty(), List.of(0), List.of()).problems()).isEmpty();
    assertThat(withLayers(pattern, List.of(), List.of()).problems()).isEmpty();
  }

  @Test
  void containersNeedLayers() {
    assertThat(withLayers(Optional.empty(), List.of(), List.of("layers")).problems())
        .containsExactly("layers_pattern needs layers_to_transform, which is absent.");
    assertThat(withLayers(Optional.empty(), List.of(1), List.of("layers")).problems()).isEmpty();
  }

  @Test
  void layersCountFromZero() {
    assertThat(withLayers(Optional.empty(), List.of(0, -1, 5, -7), List.of()).problems())
        .containsExactly(
            "layers_to_transform has -1; allowed: 0 and up.",
            "layers_to_transform has -7; allowed: 0 and up.");
  }

  @Test
  void allProblemsAreInOneException() {
    assertThatThrownBy(() -> builder().taskType("X").targetRegex("a").layersToTransform(-1).build())
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll("task_type is \"X\"", "goes with target_modules", "has -1");
    assertThatCode(() -> CommonConfig.require("config", List.of())).doesNotThrowAnyException();
  }

  @Test
  void aConfigDoesNotChangeWithWhatItWasMadeOf() {
    List<Integer> layers = new ArrayList<>(List.of(1));
    Map<String, JsonNode> unknown = new LinkedHashMap<>(Map.of("new", IntNode.valueOf(1)));
    CommonConfig config =
        new CommonConfig(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            layers,
            List.of(),
            Bias.NONE,
            unknown);

    layers.add(2);
    unknown.clear();

    assertThat(config.layersToTransform()).containsExactly(1);
    assertThat(config.unknown()).containsOnlyKeys("new");
    assertThatThrownBy(() -> config.unknown().clear())
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void theDescriptionIsWhatSaysWhereTheAdapterBelongs() {
    CommonConfig whole =
        builder()
            .taskType("CAUSAL_LM")
            .baseModel("base")
            .revision("main")
            .targetModules("q")
            .excludeModules("v")
            .modulesToSave("head")
            .layersToTransform(1)
            .layersPattern("layers")
            .bias(Bias.ALL)
            .build()
            .common();

    assertThat(whole.description())
        .isEqualTo(
            builder().taskType("CAUSAL_LM").baseModel("base").revision("main").build().common());
  }

  @Test
  void biasesAreNamedWithTheMethod() {
    assertThat(Bias.NONE.json("lora")).isEqualTo("none");
    assertThat(Bias.ALL.json("lora")).isEqualTo("all");
    assertThat(Bias.TARGETS_ONLY.json("lora")).isEqualTo("lora_only");
    assertThat(Bias.TARGETS_ONLY.json("vera")).isEqualTo("vera_only");
  }
}
