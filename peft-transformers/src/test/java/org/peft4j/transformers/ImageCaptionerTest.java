package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.TensorSource;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.generation.GeneratedRow;
import org.peft4j.transformers.generation.GenerationConfig;
import org.peft4j.transformers.generation.Generator;

/** BLIP writes the captions that transformers writes, token for token. */
class ImageCaptionerTest {
  private static final Path GOLDEN = Golden.folder("captions").resolve("captions.safetensors");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static INDArray pixels() {
    return Golden.floats(GOLDEN, "pixel_values");
  }

  @ParameterizedTest
  @CsvSource({
    "greedy, 9, 1, 1, 1",
    "beams, 8, 3, 1, 1",
    "beams_returned, 7, 4, 2, 0.5",
    "prompt, 6, 1, 1, 1"
  })
  void captionsAreTheReferences(
      String name, int tokens, int beams, int returned, double lengthPenalty) {
    INDArray expected = Golden.integers(GOLDEN, name);
    int[] prompt = name.equals("prompt") ? new int[] {54, 17, 9} : new int[] {54};
    GenerationConfig config =
        GenerationConfig.builder()
            .maxNewTokens(tokens)
            .doSample(false)
            .numBeams(beams)
            .numReturnSequences(returned)
            .lengthPenalty(lengthPenalty)
            .build();
    try (ImageCaptioner model = ImageCaptioner.load(Golden.base("blip"))) {
      List<List<Integer>> written =
          Generator.of(model)
              .generate(pixels(), Collections.nCopies(3, prompt), config, (row, id) -> {})
              .rows()
              .stream()
              .map(GeneratedRow::tokens)
              .toList();

      assertThat(written).hasSize((int) expected.size(0));
      for (int row = 0; row < written.size(); row++) {
        int[] wanted = expected.getRow(row).toIntVector();
        List<Integer> continued = IntStream.of(wanted).skip(prompt.length).boxed().toList();
        assertThat(written.get(row)).as(name + " " + row).isEqualTo(continued);
      }
    }
  }

  /** Tutorials name modules that other models have. */
  @Test
  void targetsOfTutorialsAreToldTheirNamesHere() {
    LoraConfig tutorial = LoraConfig.builder().targetModules("q_proj", "v_proj").build();
    try (ImageCaptioner model = ImageCaptioner.load(Golden.base("blip"))) {
      assertThatThrownBy(() -> model.wrap(tutorial))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("Target \"q_proj\" matches no site of this model.")
          .hasMessageContaining(
              "Here it is \"query\" for \"q_proj\", \"value\" for \"v_proj\"; as a pattern for"
                  + " text_decoder alone: \"text_decoder\\..*\\.(query|value)\".");
      LoraConfig saved =
          LoraConfig.builder().targetModules("query").modulesToSave("lm_head").build();
      assertThatThrownBy(() -> model.wrap(saved))
          .hasMessageContaining("\"lm_head\" matches no module of this model. Nearest: ");
    }
  }

  @Test
  void anAdapterNamesNoTaskAndIsFoundAgain() throws IOException {
    LoraConfig config =
        LoraConfig.builder().rank(2).targetRegex("text_decoder\\..*\\.(query|value)").build();
    try (ImageCaptioner model = ImageCaptioner.load(Golden.base("blip"))) {
      model.wrap(config);
      model.save(folder.resolve("adapter"));
    }
    assertThat(Files.readString(folder.resolve("adapter/adapter_config.json")))
        .contains("\"task_type\" : null");
    try (TransformerModel found = AutoPeft.load(folder.resolve("adapter"))) {
      assertThat(found).isInstanceOf(ImageCaptioner.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"blip", "blip_f16"})
  void checkpointsHaveTheNamesAndValuesOfTheFile(String name) {
    try (TransformerModel model = Golden.open(name)) {
      CheckpointWriter.of(model).write(folder.resolve("model"));
    }

    Path written = folder.resolve("model/model.safetensors");
    Path file = Golden.base(name).resolve("model.safetensors");
    assertThat(keys(written)).isEqualTo(keys(file));
    for (String key : keys(file)) {
      assertThat(Golden.floats(written, key)).as(key).isEqualTo(Golden.floats(file, key));
    }
  }

  private static Set<String> keys(Path file) {
    try (TensorSource source = TensorSource.open(file)) {
      return new TreeSet<>(source.tensors().keySet());
    }
  }

  @Test
  void promptsAreOneForEachPicture() {
    try (ImageCaptioner model = ImageCaptioner.load(Golden.base("blip"))) {
      List<int[]> two = List.of(new int[] {54}, new int[] {54, 7});
      assertThatThrownBy(
              () ->
                  Generator.of(model)
                      .generate(pixels(), two, GenerationConfig.greedy(3), (row, id) -> {}))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("There are 3 pictures, and prompts of the lengths [1, 2]");
    }
  }
}
