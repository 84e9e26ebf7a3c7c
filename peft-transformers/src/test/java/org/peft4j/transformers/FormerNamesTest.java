package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.site.Site;
import org.peft4j.transformers.architecture.ModelArchitecture;
import org.peft4j.transformers.checkpoint.ResizedVocabulary;
import org.peft4j.transformers.family.Families;

/**
 * Adapters name modules as transformers did when they were made, or as it does today: GPT-NeoX's
 * head was {@code embed_out}, and is {@code lm_head}.
 */
class FormerNamesTest {
  private static final String CONFIG = "adapter_config.json";
  private static final String WEIGHTS = "adapter_model.safetensors";

  private final Path folder;

  FormerNamesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Stream<String> families() {
    try (Stream<Path> files = Files.list(Golden.folder("fields"))) {
      return files
          .map(file -> file.getFileName().toString().replace(".json", ""))
          .toList()
          .stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static JsonNode json(Path file) throws IOException {
    return new JsonMapper().readTree(file.toFile());
  }

  /** A module whose key in files is another than the model's. */
  @ParameterizedTest
  @MethodSource("families")
  void aModuleThatTransformersRenamedHasItsFormerName(String family) throws IOException {
    JsonNode golden = json(Golden.folder("fields").resolve(family + ".json"));
    Path config = folder.resolve("config.json");
    new JsonMapper().writeValue(config.toFile(), golden.path("config"));
    ModelArchitecture model = Families.read(config);

    Map<String, String> renamed = new TreeMap<>();
    golden
        .path("renamed")
        .properties()
        .forEach(e -> renamed.put(module(e.getKey()), module(e.getValue().asText())));

    if (golden.has("prefix")) { // Of files that transformers 4 wrote.
      String prefix = golden.path("prefix").asText() + ".";
      model.modules().forEach(m -> renamed.put(m.site().name(), prefix + m.site().name()));
    }

    Map<String, String> former = new TreeMap<>();
    for (Site site : model.sites()) {
      site.former().ifPresent(name -> former.put(site.name(), name));
    }
    assertThat(former).isEqualTo(renamed);
  }

  private static String module(String key) {
    return key.substring(0, key.lastIndexOf('.'));
  }

  /** The adapter of a case with the name of before. */
  private Path former(String name) throws IOException {
    Path source = Golden.folder(name).resolve("adapter");
    Files.writeString(
        folder.resolve(CONFIG),
        Files.readString(source.resolve(CONFIG)).replace("lm_head", "embed_out"));
    Map<String, INDArray> tensors = new TreeMap<>();
    Path file = source.resolve(WEIGHTS);
    try (TensorSource weights = TensorSource.open(file)) {
      for (String key : weights.tensors().keySet()) {
        tensors.put(key.replace("lm_head", "embed_out"), Golden.floats(file, key));
      }
    }
    assertThat(tensors.keySet()).anyMatch(key -> key.contains("embed_out"));
    TensorFile.write(folder.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
    return folder;
  }

  /** What modules of ViT were called, by their last names of today. */
  private static final Map<String, String> VISION =
      Map.of(
          "attention.q_proj", "attention.attention.query",
          "attention.k_proj", "attention.attention.key",
          "attention.v_proj", "attention.attention.value",
          "attention.o_proj", "attention.output.dense",
          "mlp.fc1", "intermediate.dense",
          "mlp.fc2", "output.dense");

  /** The adapter of a vision model with the names of before. */
  private Path formerVision(String name, String targets, String former) throws IOException {
    Path source = Golden.folder(name).resolve("adapter");
    String config = Files.readString(source.resolve(CONFIG));
    String changed = config.replaceFirst(targets, former);
    assertThat(changed).isNotEqualTo(config);
    Files.writeString(folder.resolve(CONFIG), changed);
    Map<String, INDArray> tensors = new TreeMap<>();
    Path file = source.resolve(WEIGHTS);
    try (TensorSource weights = TensorSource.open(file)) {
      for (String key : weights.tensors().keySet()) {
        String renamed = key.replace(".layers.", ".encoder.layer.");
        for (Map.Entry<String, String> each : VISION.entrySet()) {
          renamed = renamed.replace("." + each.getKey() + ".", "." + each.getValue() + ".");
        }
        tensors.put(renamed, Golden.floats(file, key));
      }
    }
    assertThat(tensors.keySet()).anyMatch(key -> key.contains("encoder.layer"));
    TensorFile.write(folder.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
    return folder;
  }

  /** Lists, a pattern over whole paths, and another that ends in a name of today. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "vit_lora;\"q_proj\",\\s+\"v_proj\";\"query\", \"attention.value\"",
        "vit_lora;\\[\\s+\"q_proj\",\\s+\"v_proj\"\\s+\\];\".*encoder\\.layer\\..*\\.(query|value)\"",
        "vit_dora;\"fc1\",\\s+\"v_proj\";\"intermediate.dense\", \"value\"",
        "deit_lora;\"fc1\"(,\\s+\"q_proj\")?;\"layer.0.intermediate.dense\", \"layer.1.intermediate.dense\", \"query\"",
        "vit_patches;\"projection\",\\s+\"q_proj\";\"projection\", \"attention.attention.query\"",
      })
  void anAdapterOfAVisionModelOfBeforeLoads(String name, String targets, String former)
      throws IOException {
    String of = "pictures/" + name;
    Path saved = folder.resolve("saved");
    with(
        of,
        formerVision(of, targets, former.replace("\\", "\\\\\\\\")),
        model -> {
          assertLogits(of, model);
          model.save("default", saved);
        });

    assertThat(Files.readString(saved.resolve(CONFIG)))
        .doesNotContain("query", "value\"", "intermediate", "encoder.layer");
    with(of, saved, model -> assertLogits(of, model));
  }

  private static void with(String name, Path adapter, Consumer<PeftModel<ComputationGraph>> then)
      throws IOException {
    JsonNode golden = json(Golden.folder(name).resolve("case.json"));
    try (TransformerModel base =
            Transformers.open(
                Golden.base(golden.path("base").asText()), TransformerOptions.defaults());
        PeftModel<ComputationGraph> model = Peft.bare(base.graph(), 0)) {
      model.loadAdapter("default", adapter);
      model.setActive("default");
      then.accept(model);
    }
  }

  private static void assertLogits(String name, PeftModel<ComputationGraph> model) {
    GoldenInputs inputs = GoldenInputs.of(name);
    INDArray expected =
        Golden.floats(Golden.folder(name).resolve("expected.safetensors"), "logits");
    assertThat(Golden.logitsError(inputs.output(model.network()), expected, inputs.shown()))
        .isLessThan(1e-5);
  }

  /** As a saved module, and as a target with a rank of its own. */
  @ParameterizedTest
  @ValueSource(strings = {"decoders/gpt_neox_series", "decoders/gpt_neox_head"})
  void anAdapterOfBeforeLoadsAndIsSavedWithTheNamesOfToday(String name) throws IOException {
    Path saved = folder.resolve("saved");
    with(
        name,
        former(name),
        model -> {
          assertLogits(name, model);
          model.save("default", saved);
        });

    assertThat(Files.readString(saved.resolve(CONFIG))).contains("lm_head").doesNotContain("embed");
    try (TensorSource source = TensorSource.open(saved.resolve(WEIGHTS))) {
      assertThat(source.tensors().keySet()).noneMatch(key -> key.contains("embed_out"));
    }
    with(name, saved, model -> assertLogits(name, model));
  }

  @Test
  void twoNamesOfOneModuleAreRefused() throws IOException {
    Path adapter = former("decoders/gpt_neox_head");
    Path config = adapter.resolve(CONFIG);
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"rank_pattern\": {", "\"rank_pattern\": {\"lm_head\": 2, "));

    assertThatThrownBy(() -> with("decoders/gpt_neox_head", adapter, model -> {}))
        .hasMessageContaining("rank_pattern has embed_out and its other name. Remove one");
  }

  @Test
  void aHeadOfBeforeTellsTheNumberOfTokens() throws IOException {
    Path adapter = former("decoders/gpt_neox_series");
    Path resized = folder.resolve("resized");

    assertThat(ResizedVocabulary.writeFor(Golden.base("gpt_neox_series"), adapter, resized))
        .isEqualTo(56);
  }
}
