package org.peft4j.ia3.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.TrainableCopy;
import org.peft4j.config.ConfigReader;
import org.peft4j.config.ModuleSelector;
import org.peft4j.error.PeftException;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.method.Combination;
import org.peft4j.method.ModelModules;
import org.peft4j.method.PeftMethod.Saved;
import org.peft4j.method.PeftMethod.Source;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.Frozen;
import org.peft4j.weight.DenseWeight;

/** The method's config in files, its choice of what to scale, and its sums. */
class Ia3MethodTest {
  private static final Ia3Method METHOD = new Ia3Method();

  private static Site linear(String name) {
    return Site.linear(name, name, 3, 2, List.of());
  }

  private static ObjectNode json(String text) throws Exception {
    return (ObjectNode) new JsonMapper().readTree(text.replace('\'', '"'));
  }

  @Test
  void defaultsAreHuggingFacesFieldByField() throws Exception {
    ObjectNode written = METHOD.writeConfig(Ia3Config.builder().build());

    written.remove("peft_version");
    assertThat((JsonNode) written)
        .isEqualTo(
            json(
                "{'peft_type': 'IA3', 'auto_mapping': null, 'task_type': null,"
                    + " 'base_model_name_or_path': null, 'revision': null, 'inference_mode': true,"
                    + " 'target_modules': null, 'exclude_modules': null, 'modules_to_save': null,"
                    + " 'feedforward_modules': [], 'fan_in_fan_out': false,"
                    + " 'init_ia3_weights': true}"));
  }

  static Stream<Ia3Config> configs() {
    return Stream.of(
        Ia3Config.builder().build(),
        Ia3Config.builder().targetModules("k", "v", "wo").feedforwardModules("wo").build(),
        Ia3Config.builder()
            .targetRegex(".*\\.(k|wo)")
            .feedforward(Optional.of(new ModuleSelector.Regex(".*\\.wo")))
            .initWeights(false)
            .fanInFanOut(true)
            .build(),
        Ia3Config.builder().targetAllLinear().excludeModules("x").modulesToSave("head").build());
  }

  @ParameterizedTest
  @MethodSource("configs")
  void aConfigReadsAsItWasWritten(Ia3Config config) {
    Ia3Config read = METHOD.readConfig(new ConfigReader(METHOD.writeConfig(config)));

    // A file that names no target says that no input is scaled, of whatever model.
    Optional<ModuleSelector> expected =
        config.common().targetModules().isEmpty()
            ? Optional.of(new ModuleSelector.Names(List.of()))
            : config.feedforwardModules();
    assertThat(read.feedforwardModules()).isEqualTo(expected);
    assertThat(read.common()).isEqualTo(config.common());
    assertThat(read.initWeights()).isEqualTo(config.initWeights());
    assertThat(read.fanInFanOut()).isEqualTo(config.fanInFanOut());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'feedforward_modules': 3 | feedforward_modules is 3; allowed: a list of module names",
        "'init_ia3_weights': 'yes' | init_ia3_weights is \"yes\"; allowed: true or false.",
        "'fan_in_fan_out': 1 | fan_in_fan_out is 1; allowed: true or false.",
        "'task_type': 'X' | task_type is \"X\"; allowed: [SEQ_CLS",
        "'target_modules': ['k'], 'feedforward_modules': ['k', 'w'] | feedforward_modules is [k,"
            + " w]; allowed: names from target_modules, [k]."
      })
  void whatIsWrongIsTold(String fields, String message) {
    assertThatThrownBy(
            () -> METHOD.readConfig(new ConfigReader(json("{'peft_type': 'IA3', " + fields + "}"))))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Invalid (IA)3 config: ")
        .hasMessageContaining(message);
  }

  private static boolean scalesInput(Ia3Config config, String name) {
    Site site = linear(name);
    Adapter adapter = METHOD.inject(site, config, Frozen.nothing().injection(site)).orElseThrow();
    return ((Ia3Scale) adapter).scalesInput();
  }

  @Test
  void feedForwardModulesHaveTheirInputScaledAndOthersTheirOutput() {
    Ia3Config names = Ia3Config.builder().targetModules("k", "wo").feedforwardModules("wo").build();
    Ia3Config pattern =
        Ia3Config.builder()
            .targetModules("k", "wo")
            .feedforward(Optional.of(new ModuleSelector.Regex(".*mlp.*")))
            .build();

    assertThat(scalesInput(names, "block.0.mlp.wo")).isTrue();
    assertThat(scalesInput(names, "block.0.mlp.k")).isFalse();
    assertThat(scalesInput(names, "block.0.mlp.two")).isFalse();
    assertThat(scalesInput(pattern, "block.0.mlp.k")).isTrue();
    assertThat(scalesInput(pattern, "block.0.attention.wo")).isFalse();
    assertThat(scalesInput(Ia3Config.builder().targetModules("wo").build(), "mlp.wo")).isFalse();
  }

  @Test
  void linearMapsAndConvolutionsCanBeScaled() {
    assertThat(METHOD.siteKinds()).containsExactly(SiteKind.LINEAR, SiteKind.CONVOLUTION);
  }

  /** Hugging Face PEFT's tables of targets and of those whose input is scaled. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpt2        | c_attn mlp.c_proj                   | mlp.c_proj",
        "gptj        | q_proj v_proj fc_out                | fc_out",
        "gpt_neo     | q_proj v_proj c_proj                | c_proj",
        "gpt_neox    | query_key_value dense_4h_to_h       | dense_4h_to_h",
        "gpt_bigcode | c_attn mlp.c_proj                   | mlp.c_proj",
        "opt         | q_proj k_proj fc2                   | fc2",
        "bloom       | query_key_value mlp.dense_4h_to_h   | mlp.dense_4h_to_h",
        "llama       | k_proj v_proj down_proj             | down_proj",
        "llama4      | q_proj v_proj down_proj             | down_proj",
        "mistral     | k_proj v_proj down_proj             | down_proj",
        "mixtral     | k_proj v_proj w2                    | w2",
        "qwen2       | q_proj v_proj down_proj             | down_proj",
        "qwen3       | q_proj v_proj down_proj             | down_proj",
        "gemma       | q_proj v_proj down_proj             | down_proj",
        "gemma2      | q_proj v_proj down_proj             | down_proj",
        "gemma3_text | q_proj v_proj down_proj             | down_proj",
        "phi         | q_proj v_proj fc2                   | fc2",
        "t5          | k v wo                              | wo",
        "mt5         | k v wi_1                            | ''",
        "bart        | q_proj v_proj fc2                   | fc2",
        "bert        | key value output.dense              | output.dense",
        "roberta     | key value output.dense              | output.dense",
        "deberta     | in_proj output.dense                | output.dense",
        "deberta-v2  | key_proj value_proj output.dense    | output.dense"
      })
  void aModelTypesDefaultsAreHuggingFaces(String type, String targets, String feedforward) {
    assertThat(METHOD.defaultTargets(model(type)))
        .hasValueSatisfying(
            names -> assertThat(names).containsExactlyInAnyOrder(targets.split(" ")));
    assertThat(METHOD.resolved(Ia3Config.builder().build(), model(type)).feedforwardModules())
        .contains(
            new ModuleSelector.Names(
                feedforward.isEmpty() ? List.of() : List.of(feedforward.split(" "))));
  }

  @Test
  void anUnknownModelTypeHasNoDefaults() {
    assertThat(METHOD.defaultTargets(model("vit"))).isEmpty();
    assertThat(METHOD.resolved(Ia3Config.builder().build(), model("vit")).feedforwardModules())
        .isEmpty();
  }

  @Test
  void namedTargetsOrFeedForwardModulesAreKept() {
    Ia3Config targets = Ia3Config.builder().targetModules("q").build();
    Ia3Config feedforward = Ia3Config.builder().feedforwardModules("down_proj").build();

    assertThat(METHOD.resolved(targets, model("llama"))).isEqualTo(targets);
    assertThat(METHOD.resolved(feedforward, model("llama"))).isEqualTo(feedforward);
  }

  /** A model of that type whose modules have no role. */
  private static ModelModules model(String type) {
    return new ModelModules(Optional.of(type), List.of());
  }

  /** An adapter at modules {@code k} (output) and {@code wo} (input), as far as they are given. */
  private static Source<Ia3Config> source(String name, double weight, Map<String, double[]> l) {
    List<Adapter> parts = new ArrayList<>();
    Map<String, INDArray> tensors = new LinkedHashMap<>();
    l.forEach(
        (module, values) -> {
          boolean input = module.equals("wo");
          Ia3Scale part = new Ia3Scale(linear(module), input, false);
          parts.add(part);
          long[] shape = input ? new long[] {1, 3} : new long[] {2, 1};
          tensors.put(
              part.key(part.parameters().get(0)), Nd4j.createFromArray(values).reshape('c', shape));
        });
    return new Source<>(
        name, Ia3Config.builder().fanInFanOut(true).build(), weight, parts, tensors);
  }

  @Test
  void aSumAddsTheVectorsOfEachModuleTimesTheWeights() {
    Source<Ia3Config> first =
        source("a", 0.5, Map.of("k", new double[] {1, 2}, "wo", new double[] {3, 4, 5}));
    Source<Ia3Config> second = source("b", 2, Map.of("k", new double[] {10, 20}));

    Saved<Ia3Config> sum =
        METHOD.combine(List.of(first, second), Combination.of(Combination.Type.LINEAR));

    assertThat(sum.tensors())
        .containsOnlyKeys("base_model.model.k.ia3_l", "base_model.model.wo.ia3_l");
    assertThat(vector(sum, "k")).containsExactly(0.5 * 1 + 2 * 10, 0.5 * 2 + 2 * 20);
    assertThat(vector(sum, "wo")).containsExactly(1.5, 2, 2.5);
  }

  private static double[] vector(Saved<Ia3Config> saved, String module) {
    return java.util.Objects.requireNonNull(
            saved.tensors().get("base_model.model." + module + ".ia3_l"))
        .ravel()
        .toDoubleVector();
  }

  @Test
  void aSumsConfigNamesTheModulesAndThoseWhoseInputIsScaled() {
    Source<Ia3Config> wo = source("a", 1, Map.of("wo", new double[] {3, 4, 5}));
    Source<Ia3Config> k = source("b", 1, Map.of("k", new double[] {1, 2}));

    Ia3Config config =
        METHOD.combine(List.of(wo, k), Combination.of(Combination.Type.LINEAR)).config();

    assertThat(config.common().targetModules())
        .contains(new ModuleSelector.Names(List.of("wo", "k")));
    assertThat(config.feedforwardModules()).contains(new ModuleSelector.Names(List.of("wo")));
    assertThat(config.fanInFanOut()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LINEAR")
  void otherSumsAreRefused(Combination.Type type) {
    assertThatThrownBy(() -> METHOD.combine(List.of(), Combination.of(type)))
        .isInstanceOf(PeftException.class)
        .hasMessage("(IA)3 adapters combine with the type LINEAR only, not " + type + ".");
  }

  @Test
  void inputAndOutputOfAModuleCannotBeAdded() {
    Ia3Scale input = new Ia3Scale(linear("k"), true, false);
    Source<Ia3Config> first = source("a", 1, Map.of("k", new double[] {1, 2}));
    Source<Ia3Config> second =
        new Source<>("b", Ia3Config.builder().build(), 1, List.of(input), Map.of());

    assertThatThrownBy(
            () -> METHOD.combine(List.of(first, second), Combination.of(Combination.Type.LINEAR)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Some adapters scale the input of k and others its output; they cannot be combined.");
  }

  @Test
  void copiesOfModulesCannotBeAdded() {
    Adapter copy =
        new TrainableCopy(linear("head"), List.of(), "", p -> DenseWeight.of(Nd4j.create(1)));
    Source<Ia3Config> source =
        new Source<>("a", Ia3Config.builder().build(), 1, List.of(copy), Map.of());

    assertThatThrownBy(
            () -> METHOD.combine(List.of(source), Combination.of(Combination.Type.LINEAR)))
        .isInstanceOf(PeftException.class)
        .hasMessage(
            "Adapter \"a\" trains its own biases or modules at head, which cannot be combined.");
  }
}
