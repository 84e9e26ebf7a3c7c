package org.peft4j.internal.method;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.bitfit.BitFitConfig;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.method.Methods;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.site.SiteParameter;
import org.peft4j.site.SiteRole;
import org.peft4j.testing.Frozen;
import org.peft4j.testing.Values;
import org.peft4j.token.TokenTuningConfig;

/** BitFit, layer-norm tuning and trainable tokens: configs, files, and what they graft. */
class CoreMethodsTest {
  private static final SiteParameter WEIGHT = SiteParameter.weight("weight", 3);
  private static final SiteParameter BIAS = SiteParameter.bias("bias", 3);
  private static final Site NORM =
      Site.parameters("ln", "ln", SiteKind.NORM, List.of(WEIGHT, BIAS));
  private static final Site BARE = Site.parameters("rms", "rms", SiteKind.NORM, List.of(WEIGHT));

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) new JsonMapper().readTree(text.replace('\'', '"'));
  }

  private static <C extends PeftConfig> ObjectNode write(C config) {
    return Methods.of(config).writeConfig(config);
  }

  private static PeftConfig read(ObjectNode json) {
    return Methods.named(json.path("peft_type").asText()).readConfig(new ConfigReader(json));
  }

  private static final String COMMON =
      "'auto_mapping': null, 'task_type': null, 'base_model_name_or_path': null, 'revision': null,"
          + " 'inference_mode': true, 'target_modules': null";

  static Stream<Arguments> defaults() {
    return Stream.of(
        Arguments.of(
            NormTuningConfig.builder().build(),
            "{'peft_type': 'LN_TUNING', "
                + COMMON
                + ", 'exclude_modules': null, 'modules_to_save': null}"),
        Arguments.of(
            TokenTuningConfig.builder().tokenIndices(7, 3).build(),
            "{'peft_type': 'TRAINABLE_TOKENS', "
                + COMMON
                + ", 'token_indices': [7, 3], 'init_weights': true}"),
        Arguments.of(
            BitFitConfig.builder().build(),
            "{'peft_type': 'BITFIT', "
                + COMMON
                + ", 'exclude_modules': null, 'modules_to_save': null, 'bias': 'none',"
                + " 'layers_to_transform': null, 'layers_pattern': null}"));
  }

  @ParameterizedTest
  @MethodSource("defaults")
  void defaultsAreHuggingFacesFieldByField(PeftConfig config, String expected) throws Exception {
    ObjectNode written = write(config);

    written.remove("peft_version");
    assertThat((JsonNode) written).isEqualTo(json(expected));
    assertThat(read(json(expected))).isEqualTo(config);
  }

  static Stream<PeftConfig> configs() {
    return Stream.of(
        NormTuningConfig.builder().targetModules("ln_1").modulesToSave("head").build(),
        TokenTuningConfig.builder().targetModules("wte").tokenIndices(1).initWeights(false).build(),
        BitFitConfig.builder().targetRegex(".*attn.*").excludeModules("out").build());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aConfigReadsAsItWasWritten(PeftConfig config) {
    assertThat(read(write(config))).isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''    | token_indices is empty; allowed: one token id or more.",
        "3,-1  | token_indices is [3, -1]; allowed: ids from 0.",
        "3,4,3 | token_indices is [3, 4, 3]; allowed: each id once."
      })
  void tokensAreGivenOnceAndFromZero(String ids, String message) {
    Integer[] tokens =
        Stream.of(ids.split(","))
            .filter(s -> !s.isEmpty())
            .map(Integer::valueOf)
            .toArray(Integer[]::new);

    assertThatThrownBy(() -> TokenTuningConfig.builder().tokenIndices(tokens).build())
        .isInstanceOf(PeftException.class)
        .hasMessage("Invalid trainable tokens config: " + message);
  }

  @ParameterizedTest
  @CsvSource({
    "LN_TUNING, layer-norm tuning config",
    "BITFIT, BitFit config",
    "TRAINABLE_TOKENS, trainable tokens config"
  })
  void whatIsWrongIsToldWithTheConfigsName(String type, String name) throws Exception {
    ObjectNode wrong =
        json("{'peft_type': '" + type + "', 'task_type': 'X', 'token_indices': [1]}");

    assertThatThrownBy(() -> read(wrong))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Invalid " + name + ": task_type is \"X\"; allowed: [SEQ_CLS");
  }

  private static <C extends PeftConfig> List<Adapter> inject(C config, Site site) {
    PeftMethod<C> method = Methods.of(config);
    INDArray frozen = Values.random(1, 3);
    return method.inject(site, config, Frozen.of(site, frozen).injection()).stream().toList();
  }

  @Test
  void normTuningCopiesGainAndBias() {
    TrainableCopy copy = (TrainableCopy) inject(NormTuningConfig.builder().build(), NORM).get(0);

    assertThat(copy.copied()).containsExactly(WEIGHT, BIAS);
    assertThat(copy.parameters().stream().map(copy::key))
        .containsExactly(
            "base_model.model.ln.ln_tuning_layers.weight",
            "base_model.model.ln.ln_tuning_layers.bias");
    Tensors first = Values.first(2, copy.parameters());
    assertThat(first.get("ln_tuning_layers.weight")).isEqualTo(Values.random(1, 3));
  }

  @Test
  void bitFitCopiesBiasesAndLeavesModulesWithoutOneOut() {
    TrainableCopy copy = (TrainableCopy) inject(BitFitConfig.builder().build(), NORM).get(0);

    assertThat(copy.copied()).containsExactly(BIAS);
    assertThat(copy.parameters().stream().map(copy::key))
        .containsExactly("base_model.model.ln.bias");
    assertThat(inject(BitFitConfig.builder().build(), BARE)).isEmpty();
  }

  @Test
  void eachIsForItsKindsOfSite() {
    assertThat(new NormTuningMethod().siteKinds()).isEqualTo(Set.of(SiteKind.NORM));
    assertThat(new TokenTuningMethod().siteKinds()).isEqualTo(Set.of(SiteKind.EMBEDDING));
    assertThat(new BitFitMethod().siteKinds())
        .contains(SiteKind.LINEAR, SiteKind.NORM, SiteKind.CONVOLUTION, SiteKind.PARAMETERS)
        .doesNotContain(SiteKind.PROMPT, SiteKind.SUBLAYER, SiteKind.ATTENTION);
  }

  @Test
  void biasesOfAllModulesTrainWhereNoneIsNamed() {
    BitFitConfig config = BitFitConfig.builder().build();

    assertThat(new BitFitMethod().implicitTargets(config)).contains(new ModuleSelector.Every());
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "qwen3"})
  void someModelTypesHaveNormalisationsLeftOutAsInHuggingFacePeft(String type) {
    assertThat(new NormTuningMethod().defaultTargets(model(type)))
        .contains(List.of("post_attention_layernorm"));
  }

  @Test
  void otherModelsHaveEveryModuleWhoseRoleIsANormalisation() {
    Site norm = Site.parameters("h.0.ln", "h.0.ln", SiteKind.NORM, List.of()).as(SiteRole.NORM);
    Site other = Site.linear("h.0.fc", "h.0.fc", 2, 2, List.of());

    assertThat(
            new NormTuningMethod()
                .defaultTargets(new ModelModules(Optional.of("new"), List.of(norm, other))))
        .contains(List.of("ln"));
  }

  @Test
  void aModelWithoutRolesHasNoDefaultNormalisations() {
    assertThat(new NormTuningMethod().defaultTargets(model("new"))).isEmpty();
  }

  /** A model of that type whose modules have no role. */
  private static ModelModules model(String type) {
    return new ModelModules(Optional.of(type), List.of());
  }
}
