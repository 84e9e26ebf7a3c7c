package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

/** Greedy ids are those of {@code generate} of transformers, for prompts of several lengths. */
class GoldenGenerationTest {
  private static final Path DECODERS = Golden.folder("generation/decoders.safetensors");

  static List<String> decoders() {
    try (TensorSource source = TensorSource.open(DECODERS)) {
      return source.tensors().keySet().stream()
          .filter(key -> key.endsWith(".greedy"))
          .map(key -> key.substring(0, key.indexOf('.')))
          .sorted()
          .toList();
    }
  }

  /** With caches, windows and ALiBi. */
  @ParameterizedTest
  @MethodSource("decoders")
  void everyDecoderGoesOnAsTheReference(String base) {
    INDArray expected = Golden.integers(DECODERS, base + ".greedy");
    int tokens = (int) (expected.size(1) - Golden.integers(DECODERS, base + ".input_ids").size(1));
    GenerationConfig greedy =
        GenerationConfig.builder()
            .maxNewTokens(tokens)
            .padTokenId(0)
            .eosTokenIds(List.of())
            .build();
    GenerationConfig beams =
        GenerationConfig.builder()
            .maxNewTokens(tokens)
            .padTokenId(0)
            .eosTokenIds(List.of())
            .numBeams(3)
            .numReturnSequences(2)
            .build();
    try (CausalLanguageModel model = Transformers.load(Golden.base(base))) {
      Generator generator = Generator.of(model);
      List<int[]> prompts = prompts(DECODERS, base + ".");
      assertThat(generator.generate(prompts, greedy).padded())
          .isDeepEqualTo(expected.toIntMatrix());
      assertThat(generator.generate(prompts, beams).padded())
          .isDeepEqualTo(Golden.integers(DECODERS, base + ".beams").toIntMatrix());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "generate_llama",
        "generate_gpt2",
        "generate_opt",
        "generate_opt_350m",
        "generate_llama_rope_longrope"
      })
  void idsAreThoseOfTheReference(String name) throws IOException {
    Path folder = Golden.folder(name);
    JsonNode json = new JsonMapper().readTree(folder.resolve("case.json").toFile());
    List<int[]> prompts = prompts(folder.resolve("inputs.safetensors"));
    int pad = json.path("pad_token_id").asInt();
    int tokens = json.path("max_new_tokens").asInt();
    GenerationConfigBuilder builder =
        GenerationConfig.builder().maxNewTokens(tokens).padTokenId(pad);
    try (CausalLanguageModel model = Transformers.load(Golden.base(json.path("base").asText()))) {
      Generator generator = Generator.of(model);

      GenerationConfig greedy = builder.eosTokenIds(List.of()).build();
      assertThat(generator.generate(prompts, greedy).padded())
          .isDeepEqualTo(expected(folder, "greedy"));

      GenerationConfig ending =
          builder.eosTokenIds(List.of(json.path("eos_token_id").asInt())).build();
      assertThat(generator.generate(prompts, ending).padded())
          .isDeepEqualTo(expected(folder, "eos"));

      double penalty = json.path("repetition_penalty").asDouble();
      GenerationConfig penalised =
          builder.eosTokenIds(List.of()).repetitionPenalty(penalty).build();
      assertThat(generator.generate(prompts, penalised).padded())
          .isDeepEqualTo(expected(folder, "repetition_penalty"));
    }
  }

  /** A config file without arguments: the lengths, ends and texts of the reference. */
  @Test
  void aGenerationConfigIsFollowedAsByTheReference(@TempDir Path checkpoint) throws IOException {
    Path folder = Golden.folder("generate_defaults");
    List<int[]> prompts = prompts(folder.resolve("inputs.safetensors"));
    JsonNode configs =
        new JsonMapper().readTree(folder.resolve("case.json").toFile()).path("configs");
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      for (Map.Entry<String, JsonNode> config : configs.properties()) {
        Files.writeString(
            checkpoint.resolve("generation_config.json"), config.getValue().toString());

        GenerationConfig read = GenerationFile.read(checkpoint);

        assertThat(Generator.of(model).generate(prompts, read).padded())
            .as(config.getKey())
            .isDeepEqualTo(expected(folder, config.getKey()));
      }
    }
  }

  private static List<int[]> prompts(Path file) {
    return prompts(file, "");
  }

  private static List<int[]> prompts(Path file, String prefix) {
    int[][] ids = Golden.integers(file, prefix + "input_ids").toIntMatrix();
    int[][] mask = Golden.integers(file, prefix + "attention_mask").toIntMatrix();
    List<int[]> prompts = new ArrayList<>();
    for (int row = 0; row < ids.length; row++) {
      int length = Arrays.stream(mask[row]).sum();
      prompts.add(Arrays.copyOfRange(ids[row], ids[row].length - length, ids[row].length));
    }
    return prompts;
  }

  private static int[][] expected(Path folder, String name) {
    return Golden.integers(folder.resolve("expected.safetensors"), name).toIntMatrix();
  }
}
