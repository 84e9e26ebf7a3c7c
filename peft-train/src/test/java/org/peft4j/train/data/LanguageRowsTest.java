package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.table.LanguagePair;
import org.peft4j.train.data.task.DataFiles;
import org.peft4j.transformers.Seq2SeqLanguageModel;
import org.peft4j.transformers.generation.GenerationConfig;

/** Rows say their languages, as for Hugging Face transformers' tokenizers of mBART. */
class LanguageRowsTest {
  private static final Path GOLDEN =
      Path.of("../peft-transformers/src/test/resources/golden/languages");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static JsonNode expected(String name) throws IOException {
    Path file = GOLDEN.resolve(name).resolve("expected.json");
    return JsonMapper.builder().build().readTree(file.toFile());
  }

  @ParameterizedTest
  @ValueSource(strings = {"mbart", "mbart50"})
  void rowsBecomeTheReferencesTokens(String name) throws IOException {
    JsonNode json = expected(name);
    List<String> lines = new ArrayList<>();
    json.path("rows").forEach(row -> lines.add(row.toString()));
    Path file = Files.write(folder.resolve("a.jsonl"), lines);

    TrainingData data =
        DataFiles.of(GOLDEN.resolve(name))
            .withSequenceLength(json.path("longest").asInt())
            .read(file);

    for (int i = 0; i < data.size(); i++) {
      JsonNode row = json.path("rows").path(i);
      TokenBatch batch = data.batch(i);
      assertThat(batch.inputIds()[0]).isEqualTo(ids(row, "input_ids"));
      assertThat(batch.labels()[0]).isEqualTo(ids(row, "labels"));
      assertThat(batch.decoder().orElseThrow().ids()[0]).isEqualTo(ids(row, "decoder_input_ids"));
    }
  }

  private static int[] ids(JsonNode row, String name) {
    int[] ids = new int[row.path(name).size()];
    Arrays.setAll(ids, i -> row.path(name).path(i).asInt());
    return ids;
  }

  @ParameterizedTest
  @CsvSource({"mbart,greedy,1", "mbart,beams,3", "mbart50,greedy,1", "mbart50,beams,3"})
  void translationsAreTheReferences(String name, String kind, int beams) throws IOException {
    JsonNode json = expected(name);
    GenerationConfig config =
        GenerationConfig.builder()
            .numBeams(beams)
            .maxNewTokens(9)
            .forcedEosTokenIds(List.of(2))
            .build();
    try (Seq2SeqLanguageModel model = Seq2SeqLanguageModel.load(GOLDEN.resolve(name))) {
      for (JsonNode row : json.path("rows")) {
        List<String> texts =
            row.path("input_ids").size() < json.path("longest").asInt()
                ? List.of(row.path("source").asText())
                : List.of();
        if (!texts.isEmpty()) {
          assertThat(
                  model.translate(
                      texts,
                      row.path("source_lang").asText(),
                      row.path("target_lang").asText(),
                      config))
              .containsExactly(row.path(kind).asText());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "source,target~a,b | | a.csv, line 2 has no \"target_lang\", the language of the target",
        "source,target,target_lang~a,b,fr_FR | | line 2, column 3: \"target_lang\" is no language: The language is \"fr_FR\", for which the tokenizer has no token. Nearest: \"ar_AR\", \"fi_FI\", \"fr_XX\".",
        "source,target,source_lang~a,b,xx | fr_XX | line 2, column 3: \"source_lang\" is no language",
        "source,target~a,b | de | The language is \"de\", for which the tokenizer has no token.",
      })
  void languagesThatAreMissingOrUnknownAreNamed(String text, String target, String message)
      throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), text.replace('~', '\n') + "\n");
    DataFiles files = DataFiles.of(GOLDEN.resolve("mbart"));
    DataFiles all = target == null ? files : files.withLanguages(LanguagePair.of("en_XX", target));

    assertThatThrownBy(() -> all.read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({"mbart,true", "../predictions/t5_text,false"})
  void languagesForAllRowsNeedATokenizerThatHasThem(String model, boolean has) throws IOException {
    Path file = Files.writeString(folder.resolve("a.csv"), "source,target\na cat,hats\n");
    DataFiles files =
        DataFiles.of(GOLDEN.resolve(model)).withLanguages(LanguagePair.of("en_XX", "ro_RO"));

    if (has) {
      assertThat(files.read(file).batch(0).decoder().orElseThrow().ids()[0][0]).isEqualTo(110);
    } else {
      assertThatThrownBy(() -> files.read(file)).hasMessageContaining("has no languages");
    }
  }
}
