package org.peft4j.transformers.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.ModuleSelector;
import org.peft4j.config.PeftConfig;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.lora.LoraConfig;
import org.peft4j.plan.AdapterPlan;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.quantization.GroupQuantization;
import org.peft4j.quantization.Quantization;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.TransformerModel;
import org.peft4j.transformers.TransformerOptions;
import org.peft4j.transformers.Transformers;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.architecture.ModuleParameter;
import org.peft4j.transformers.config.Precision;
import org.peft4j.transformers.family.Families;
import org.peft4j.transformers.internal.weights.TensorKeys;

/** Plans of models that are not loaded. */
class TransformerPlanTest {
  private static final Path FOLDER = Path.of("src/test/resources/plan");
  private static final TrainingBatch BATCH = new TrainingBatch(4, 512);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The numbers of Hugging Face PEFT's own documentation. */
  @Test
  void mt0LargeHasTheParametersThatHuggingFacePeftCounts() {
    LoraConfig config = LoraConfig.builder().rank(8).targetModules("q", "v").build();

    TransformerPlan plan = Transformers.plan(FOLDER.resolve("mt0-large"), config, BATCH);

    TrainableParameters parameters = plan.adapter().parameters();
    assertThat(parameters.trainable()).isEqualTo(2_359_296);
    assertThat(parameters.all()).isEqualTo(1_231_940_608);
    assertThat(parameters.percent()).isCloseTo(0.19151053100118282, within(1e-15));
    assertThat(plan.adapter().sites()).hasSize(144);
    assertThat(plan.modelType()).isEqualTo("mt5");
    long base = 1_229_581_312;
    assertThat(plan.weights().bytes(Precision.FP32)).isEqualTo(4 * base);
    long vectors = (24 * 2 + 24 * 3 + 2) * 1024;
    assertThat(plan.weights().bytes(Precision.BF16)).isEqualTo(2 * base + 2 * vectors);
  }

  @Test
  void gpt2HasTheParametersThatHuggingFacePeftCounts() {
    LoraConfig config = LoraConfig.builder().rank(8).targetModules("c_attn").build();

    TransformerPlan plan = Transformers.plan(FOLDER.resolve("gpt2/config.json"), config, BATCH);

    assertThat(plan.adapter().parameters())
        .hasToString("trainable params: 294,912 || all params: 124,734,720 || trainable%: 0.2364");
    assertThat(plan.memory(Precision.FP32, false).adapters()).isEqualTo(4 * 294_912);
    assertThat(plan.memory(Precision.BF16, false).optimizer()).isEqualTo(8 * 294_912);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "t5",
        "t5_gated",
        "mt5",
        "gpt2",
        "tinyllama",
        "opt_350m",
        "opt_classifier",
        "gpt2_classifier",
        "qwen2_classifier"
      })
  void modulesShapesAndCountsAreTheReferences(String name) throws IOException {
    JsonNode expected = JSON.readTree(FOLDER.resolve(name).resolve("expected.json").toFile());
    ModelArchitecture model = Families.read(FOLDER.resolve(name));

    Map<String, List<Long>> shapes = new TreeMap<>();
    for (ModuleParameter each : model.distinctParameters()) {
      shapes.put(TensorKeys.key(each.module(), each.parameter()), each.parameter().shape());
    }
    Map<String, List<Long>> reference = new TreeMap<>();
    for (Map.Entry<String, JsonNode> parameter : expected.path("parameters").properties()) {
      List<Long> shape = new ArrayList<>();
      parameter.getValue().forEach(size -> shape.add(size.asLong()));
      reference.put(parameter.getKey(), shape);
    }
    assertThat(shapes).isEqualTo(reference);

    LoraConfig config = lora(expected.path("lora"));
    AdapterPlan plan = Transformers.plan(FOLDER.resolve(name), config, BATCH).adapter();
    assertThat(plan.parameters())
        .isEqualTo(
            new TrainableParameters(
                expected.path("trainable").asLong(), expected.path("all").asLong()));
  }

  private static LoraConfig lora(JsonNode json) {
    LoraConfig.Builder builder = LoraConfig.builder().rank(json.path("r").asInt());
    JsonNode targets = json.path("target_modules");
    builder =
        targets.isTextual()
            ? builder.targetAllLinear()
            : builder.target(new ModuleSelector.Names(texts(targets)));
    if (json.has("task_type")) {
      builder = builder.taskType(json.path("task_type").asText());
    }
    List<String> saved = texts(json.path("modules_to_save"));
    return builder.modulesToSave(saved.toArray(String[]::new)).build();
  }

  private static List<String> texts(JsonNode json) {
    List<String> texts = new ArrayList<>();
    json.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  /** Of the weights, and of the file beside them where there is an encoder. */
  private static long savedBytes(Path folder) throws IOException {
    Path encoder = folder.resolve(AdapterFiles.ENCODER);
    return Files.size(folder.resolve(AdapterFiles.WEIGHTS))
        + (Files.exists(encoder) ? Files.size(encoder) : 0);
  }

  static List<String> cases() {
    return Golden.cases().stream()
        .filter(name -> Files.isDirectory(Golden.folder(name).resolve("adapter")))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void aPlanIsWhatWrappingMakes(String name, @TempDir Path folder) throws IOException {
    PeftConfig config = AdapterFiles.readConfig(Golden.folder(name).resolve("adapter"));
    String base =
        JSON.readTree(Golden.folder(name).resolve("case.json").toFile()).path("base").asText();
    TransformerPlan plan = Transformers.plan(Golden.base(base), config, BATCH);

    try (TransformerModel loaded = Golden.open(base);
        PeftModel<ComputationGraph> model = Peft.wrap(loaded.graph(), config)) {
      model.save(folder);
      assertThat(plan.adapter().parameters()).isEqualTo(model.trainableParameters());
      assertThat(plan.adapter().sites()).hasSameElementsAs(model.adaptedSites());
      if (!name.contains("pruned")) { // A plan does not know what an adapter will have lost.
        assertThat(plan.adapter().fileBytes()).isEqualTo(savedBytes(folder));
      }
      assertThat(loaded.plan(config, BATCH)).isEqualTo(plan);
      AdapterPlan ofGraph = Peft.plan(loaded.graph(), config);
      assertThat(ofGraph).isEqualTo(plan.adapter().withActivations(0));
    }
  }

  @Test
  void aGraphInHalfPrecisionHasHalfTheWeights() {
    LoraConfig config = LoraConfig.builder().targetModules("q_proj").build();
    Path folder = Golden.base("llama");
    TransformerOptions half = TransformerOptions.defaults().withPrecision(Precision.BF16);
    try (CausalLanguageModel loaded = Transformers.load(folder, half)) {
      assertThat(Peft.plan(loaded.graph(), config).memory().weights())
          .isEqualTo(Transformers.plan(folder, config, BATCH).weights().bytes(Precision.BF16));
    }
  }

  /** OPT's blocks have vectors beside each matrix; GPT-2's weights are stored as [in, out]. */
  @ParameterizedTest
  @CsvSource({
    "llama, false, 64, lm_head",
    "llama, true, 32, lm_head",
    "gpt2, true, 64, lm_head",
    "opt, false, 128, 'fc1,q_proj'",
    "llama, true, 64, model.layers.0.mlp.up_proj"
  })
  void aGraphInFourBitsHasThePlannedSize(String base, boolean twice, int block, String skipped) {
    assertPlanned(
        base,
        Quantization.nf4()
            .withDoubleQuantization(twice)
            .withBlockSize(block)
            .withSkipModules(List.of(skipped.split(","))));
  }

  static Stream<Quantization> integers() {
    return Stream.of(
        Quantization.int8(),
        Quantization.int4(),
        GroupQuantization.ofBits(8).withGroupSize(32).withSkipModules(List.of("c_fc")));
  }

  @ParameterizedTest
  @MethodSource("integers")
  void aGraphOfIntegersHasThePlannedSize(Quantization bits) {
    assertPlanned("llama", bits);
    assertPlanned("gpt2", bits);
  }

  private static void assertPlanned(String base, Quantization bits) {
    LoraConfig config = LoraConfig.builder().targetModules("all-linear").build();
    Path folder = Golden.base(base);
    TransformerOptions options = TransformerOptions.defaults().withQuantization(bits);
    try (CausalLanguageModel loaded = Transformers.load(folder, options)) {
      TransformerPlan plan = Transformers.plan(folder, config, BATCH);
      long weights = plan.memory(Precision.FP32, Optional.of(bits), false).weights();
      assertThat(Peft.plan(loaded.graph(), config).memory().weights()).isEqualTo(weights);
      assertThat(weights).isLessThan(plan.weights().bytes(Precision.FP32));
    }
  }

  @Test
  void inputTypesDoNotTellTheMemoryOfATransformer() {
    LoraConfig config = LoraConfig.builder().targetModules("q_proj").build();
    try (CausalLanguageModel loaded = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(() -> Peft.plan(loaded.graph(), config, 4, InputType.feedForward(8)))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Plan it by its own plan(config, batch).");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'model_type': 'mt5'                  | is not a supported model: num_layers is missing;"
            + " allowed: 1 to 1000 layers. vocab_size",
        "'model_type': 't5', 'num_heads': 0   | num_heads is 0; allowed: 1 to 1048576",
        "'model_type': 't5', 'feed_forward_proj': 'gated-' | feed_forward_proj is \"gated-\";"
            + " allowed: an activation",
        "'model_type': 't5', 'is_encoder_decoder': false | is_encoder_decoder is false; allowed",
        "'model_type': 'xlnet'                | model_type \"xlnet\" is not supported",
        "'model_type': 'llama'                | is not a supported model: ",
      })
  void configsThatDescribeNoModelAreRefused(String fields, String message, @TempDir Path folder)
      throws IOException {
    Path file = folder.resolve("config.json");
    Files.writeString(file, "{" + fields.replace('\'', '"') + "}");

    assertThatThrownBy(() -> Transformers.plan(file, LoraConfig.builder().build(), BATCH))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void placesWithoutAConfigAreRefused(@TempDir Path folder) {
    LoraConfig config = LoraConfig.builder().build();
    assertThatThrownBy(() -> Transformers.plan(folder, config, BATCH))
        .hasMessageContaining("has no config.json");
    assertThatThrownBy(() -> Transformers.plan(folder.resolve("none"), config, BATCH))
        .hasMessageContaining("There is nothing at");
    assertThatThrownBy(() -> new TrainingBatch(0, -1))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll("sequences is 0; allowed", "length is -1; allowed");
  }

  @Test
  void aTargetThatMatchesNothingIsToldWithTheNearestNames() {
    LoraConfig config = LoraConfig.builder().targetModules("wi").build();

    assertThatThrownBy(() -> Transformers.plan(FOLDER.resolve("mt0-large"), config, BATCH))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("wi_0 (48 sites)");
  }

  /** tie_word_embeddings that a file leaves out is that of the checkpoints. */
  @ParameterizedTest
  @CsvSource({"t5, 0", "mt5, 57344"})
  void theHeadOfMt5IsUntiedUnlessTheConfigSaysSo(String type, long more, @TempDir Path folder)
      throws IOException {
    String sizes =
        "\"vocab_size\": 1792, \"d_model\": 32, \"d_kv\": 8, \"d_ff\": 64, \"num_layers\": 1,"
            + " \"num_heads\": 4, \"feed_forward_proj\": \"relu\", \"model_type\": \""
            + type
            + "\"";
    Files.writeString(folder.resolve("absent.json"), "{" + sizes + "}");
    Files.writeString(
        folder.resolve("tied.json"), "{" + sizes + ", \"tie_word_embeddings\": true}");
    LoraConfig config = LoraConfig.builder().targetModules("q").build();

    long absent = all(folder.resolve("absent.json"), config);

    assertThat(absent - all(folder.resolve("tied.json"), config)).isEqualTo(more);
  }

  private static long all(Path file, PeftConfig config) {
    return Transformers.plan(file, config, BATCH).adapter().parameters().all();
  }
}
