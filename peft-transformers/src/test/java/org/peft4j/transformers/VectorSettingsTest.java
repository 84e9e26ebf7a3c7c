package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.transformers.evaluation.TextPair;
import org.peft4j.transformers.prediction.PredictionOptions;
import org.peft4j.transformers.tokenizer.TextInput;

/** Vectors are by default what the files of sentence-transformers say. */
class VectorSettingsTest {
  private static final Path MODEL = Path.of("src/test/resources/golden/predictions/bert_vectors");
  private static final String TYPES = "sentence_transformers.models.";
  private static final List<String> TEXTS = List.of("The cat has a hat", "kings", "we x hats a");

  private final Path folder;

  VectorSettingsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void model() throws IOException {
    try (var files = Files.list(MODEL)) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve(file.getFileName().toString()));
      }
    }
    modules("Transformer", "Pooling", "Normalize");
    pooling("{}");
  }

  private void modules(String... kinds) throws IOException {
    StringBuilder json = new StringBuilder("[");
    for (int i = 0; i < kinds.length; i++) {
      String path = i == 0 ? "" : i + "_" + kinds[i];
      json.append(i == 0 ? "" : ",")
          .append("{\"idx\": %d, \"name\": \"%d\", \"path\": \"%s\", ".formatted(i, i, path))
          .append("\"type\": \"%s%s\"}".formatted(TYPES, kinds[i]));
    }
    Files.writeString(folder.resolve("modules.json"), json + "]");
  }

  private void pooling(String json) throws IOException {
    Files.createDirectories(folder.resolve("1_Pooling"));
    Files.writeString(folder.resolve("1_Pooling/config.json"), json);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | MEAN",
        "{\"pooling_mode_cls_token\": true, \"pooling_mode_mean_tokens\": false} | FIRST",
        "{\"pooling_mode_cls_token\": false, \"pooling_mode_mean_tokens\": true} | MEAN",
        "{\"pooling_mode_lasttoken\": true, \"include_prompt\": true} | LAST",
        "{\"pooling_mode\": \"lasttoken\", \"pooling_mode_cls_token\": true} | LAST",
        "{\"pooling_mode\": [\"cls\"]} | FIRST",
      })
  void poolingIsThatOfTheFolder(String json, VectorPooling pooling) throws IOException {
    pooling(json);
    try (Encoder encoder = Encoder.load(folder)) {
      List<float[]> vectors = encoder.embed(TEXTS);

      assertThat(vectors)
          .usingRecursiveComparison()
          .isEqualTo(explicit(encoder, pooling, true, 99));
      List<TextPair> pairs = List.of(TextPair.of("a cat", "the hat"), TextPair.of("we", "kings"));
      assertThat(encoder.evaluate(pairs))
          .isEqualTo(encoder.evaluate(pairs, pooling, PredictionOptions.defaults()));
    }
  }

  private static List<float[]> explicit(
      Encoder encoder, VectorPooling pooling, boolean normalised, int longest) {
    return encoder.embed(
        TEXTS.stream().map(TextInput::of).toList(),
        pooling,
        normalised,
        PredictionOptions.defaults().withLongestInput(longest));
  }

  @Test
  void lengthsAndCutsAreThoseOfTheFolder() throws IOException {
    modules("Transformer", "Pooling");
    Files.writeString(folder.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 4}");
    Files.writeString(
        folder.resolve("config_sentence_transformers.json"), "{\"default_prompt_name\": null}");
    try (Encoder encoder = Encoder.load(folder)) {
      assertThat(encoder.embed(TEXTS))
          .usingRecursiveComparison()
          .isEqualTo(explicit(encoder, VectorPooling.MEAN, false, 4))
          .isNotEqualTo(explicit(encoder, VectorPooling.MEAN, false, 99));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "1_Pooling/config.json | {\"pooling_mode_max_tokens\": true} | asks for the pooling [max]; supported: one of cls, lasttoken and mean.",
        "1_Pooling/config.json | {\"pooling_mode\": [\"cls\", \"mean\"]} | asks for the pooling [cls, mean]; supported: one of",
        "1_Pooling/config.json | {\"pooling_mode\": 3} | asks for the pooling [3]",
        "modules.json | [{\"type\": \"a.Transformer\", \"path\": \"\"}, {\"type\": \"a.Pooling\", \"path\": \"1_Pooling\"}, {\"type\": \"a.Dense\", \"path\": \"2_Dense\"}] | has the modules [Transformer, Pooling, Dense]; supported: Transformer, Pooling and maybe Normalize",
        "modules.json | [{\"type\": \"a.Pooling\", \"path\": \"../other\"}] | has a module in \"../other\"; allowed: a folder in that of the model.",
        "modules.json | {} | has the modules []",
        "sentence_bert_config.json | {\"max_seq_length\": 0} | has the max_seq_length 0; allowed: whole numbers from 1 on.",
        "config_sentence_transformers.json | {\"default_prompt_name\": \"query\"} | has the default_prompt_name \"query\", a text before each text",
      })
  void whatIsNotSupportedIsNamed(String file, String json, String message) throws IOException {
    Files.writeString(folder.resolve(file), json);

    assertThatThrownBy(() -> VectorSettings.read(folder))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(folder.resolve(file) + " " + message);
  }

  /** The model has 40 positions or so; virtual tokens take some of them. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void longTextsAreCutBehindVirtualTokens(boolean prefix) {
    try (Encoder encoder = Encoder.load(MODEL)) {
      int positions = encoder.architecture().longestText();
      encoder.wrap(
          prefix
              ? PrefixTuningConfig.builder().virtualTokens(3).build()
              : PromptTuningConfig.builder().virtualTokens(3).build());
      String shorter = "a ".repeat(positions - 5);

      assertThat(encoder.embed("a ".repeat(4 * positions))).isEqualTo(encoder.embed(shorter));
    }
  }
}
