package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.safetensors.TensorSource;

/** What {@code peft predict} and {@code peft embed} write is what the reference says. */
class PredictTest {
  private static final Path MODELS = Run.GOLDEN.resolve("predictions");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path folder;

  PredictTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static List<JsonNode> expected(String name, String rows) throws IOException {
    JsonNode all = MAPPER.readTree(MODELS.resolve("expected.json").toFile());
    return list(all.path(name).path(rows));
  }

  private static List<JsonNode> list(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).toList();
  }

  /** A file with the fields of expected rows under other names, such as {@code first → text}. */
  private Path data(List<JsonNode> rows, String... names) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (JsonNode row : rows) {
      ObjectNode line = JsonNodeFactory.instance.objectNode();
      for (int i = 0; i < names.length; i += 2) {
        line.set(names[i + 1], row.path(names[i]));
      }
      lines.append(line).append('\n');
    }
    return Files.writeString(folder.resolve("rows.jsonl"), lines);
  }

  private static List<JsonNode> predict(Object... words) {
    Object[] all = Stream.concat(Stream.of("predict"), Arrays.stream(words)).toArray();
    Run run = Run.of(all);
    assertThat(run.status()).as(run.err()).isZero();
    return run.out().lines().map(PredictTest::read).toList();
  }

  private static JsonNode read(String line) {
    try {
      return MAPPER.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void compare(List<JsonNode> actual, List<JsonNode> expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.size(); i++) {
      JsonNode scores = expected.get(i).path("scores");
      List<String> labels = new ArrayList<>();
      scores.fieldNames().forEachRemaining(labels::add);
      for (String label : labels) {
        assertThat(actual.get(i).path("scores").path(label).doubleValue())
            .isCloseTo(scores.path(label).doubleValue(), within(1e-5));
      }
      String best =
          Collections.max(
              labels, Comparator.comparingDouble(label -> scores.path(label).doubleValue()));
      assertThat(actual.get(i).path("label").textValue()).isEqualTo(best);
      assertThat(actual.get(i).path("score")).isEqualTo(actual.get(i).path("scores").path(best));
    }
  }

  @Test
  void labelsOfTextsAndPairsHaveTheirScores() throws IOException {
    Path model = MODELS.resolve("bert_sequence");
    List<JsonNode> texts = expected("bert_sequence", "texts");
    List<JsonNode> pairs = expected("bert_sequence", "pairs");

    compare(
        predict("-m", model, "-d", data(texts, "text", "text"), "--sequence-length", 48), texts);
    compare(
        predict(
            "-m",
            model,
            "-d",
            data(pairs, "first", "a", "second", "b"),
            "--columns",
            "text=a,text_pair=b",
            "--sequence-length",
            48,
            "--batch-size",
            2),
        pairs);
  }

  @Test
  void severalLabelsHoldAndNumbersAreThemselves() throws IOException {
    List<JsonNode> texts = expected("bert_several", "texts");
    List<JsonNode> several =
        predict("-m", MODELS.resolve("bert_several"), "-d", data(texts, "text", "text"));
    List<JsonNode> number =
        predict("-m", MODELS.resolve("bert_number"), "-d", data(texts, "text", "text"));

    assertThat(several.get(1).path("labels")).isEmpty();
    assertThat(several.get(2).path("labels").toString()).isEqualTo("[\"good\",\"bad\"]");
    assertThat(number.get(3).path("number").doubleValue())
        .isCloseTo(
            expected("bert_number", "texts").get(3).path("scores").path("LABEL_0").doubleValue(),
            within(1e-5));
  }

  @Test
  void aTableGivesItsIdsAndTheFileIsReplacedAsAWhole() throws IOException {
    Path table = Files.writeString(folder.resolve("r.csv"), "n,review\n17,\"It's, bad\"\nb,x\n");
    Path output = Files.writeString(folder.resolve("o.jsonl"), "old");
    Path model = MODELS.resolve("bert_sequence");

    Run run =
        Run.of("predict", "-m", model, "-d", table, "--columns", "text=review,id=n", "-o", output);

    assertThat(run.out().strip()).isEqualTo("2 rows written to " + output);
    assertThat(Files.readAllLines(output).stream().map(l -> read(l).path("id").textValue()))
        .containsExactly("17", "b");
  }

  @Test
  void wordsHaveTagsAndEntitiesPlacesInCodePoints() throws IOException {
    Path model = MODELS.resolve("bert_tokens");
    List<JsonNode> rows = expected("bert_tokens", "words");
    List<JsonNode> words = predict("-m", model, "-d", data(rows, "words", "tokens"));
    List<JsonNode> texts = expected("bert_tokens", "texts");
    List<JsonNode> tagged = predict("-m", model, "-d", data(texts, "text", "text"));

    for (int i = 0; i < rows.size(); i++) {
      assertThat(words.get(i).path("tokens")).isEqualTo(rows.get(i).path("words"));
      assertThat(words.get(i).path("tags")).isEqualTo(rows.get(i).path("tags"));
    }
    for (int i = 0; i < texts.size(); i++) {
      List<JsonNode> wanted =
          list(texts.get(i).path("first")).stream()
              .filter(entity -> !entity.path("entity_group").asText().equals("O"))
              .toList();
      assertThat(tagged.get(i).path("entities")).hasSameSizeAs(wanted);
      for (int j = 0; j < wanted.size(); j++) {
        JsonNode entity = tagged.get(i).path("entities").path(j);
        assertThat(entity.path("label")).isEqualTo(wanted.get(j).path("entity_group"));
        assertThat(entity.path("begin").asInt()).isEqualTo(wanted.get(j).path("start").asInt());
        assertThat(entity.path("end").asInt()).isEqualTo(wanted.get(j).path("end").asInt());
      }
      assertThat(tagged.get(i).path("places")).hasSameSizeAs(tagged.get(i).path("tags"));
    }
  }

  @Test
  void answersHaveTheirPlaces() throws IOException {
    List<JsonNode> rows = expected("bert_answers", "questions");
    Path data = data(rows, "question", "question", "context", "context");
    Path model = MODELS.resolve("bert_answers");
    List<JsonNode> answers =
        predict("-m", model, "-d", data, "--sequence-length", 48, "--stride", 12);
    List<JsonNode> maybe =
        predict("-m", model, "-d", data, "--sequence-length", 48, "--stride", 12, "--no-answer");

    for (int i = 0; i < rows.size(); i++) {
      JsonNode best = rows.get(i).path("best");
      assertThat(answers.get(i).path("answer")).isEqualTo(best.path("text"));
      assertThat(answers.get(i).path("begin")).isEqualTo(best.path("begin"));
      assertThat(answers.get(i).path("end")).isEqualTo(best.path("end"));
      assertThat(answers.get(i).path("score").doubleValue())
          .isCloseTo(best.path("score").doubleValue(), within(1e-5));
      assertThat(maybe.get(i).path("score").doubleValue())
          .isCloseTo(rows.get(i).path("none").path("score").doubleValue(), within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({"llama_text, prompt", "t5_text, source"})
  void textsAreWritten(String name, String field) throws IOException {
    List<JsonNode> rows = expected(name, "prompts");
    Path data = data(rows, "prompt", field);
    Path model = MODELS.resolve(name);
    List<JsonNode> greedy = predict("-m", model, "-d", data);
    List<JsonNode> beams = predict("-m", model, "-d", data, "--num-beams", 3, "-n", 6);
    List<JsonNode> two =
        predict("-m", model, "-d", data, "--num-beams", 3, "-n", 6, "--num-return-sequences", 2);

    for (int i = 0; i < rows.size(); i++) {
      assertThat(greedy.get(i).path("text")).isEqualTo(rows.get(i).path("greedy"));
      assertThat(beams.get(i).path("text")).isEqualTo(rows.get(i).path("beams"));
      assertThat(two.get(i).path("texts")).hasSize(2);
      assertThat(two.get(i).path("texts").path(0)).isEqualTo(rows.get(i).path("beams"));
    }
  }

  /** A copy of an adapter that names a base model. */
  private Path adapterOf(String name, Path base) throws IOException {
    Path adapter = Files.createDirectories(folder.resolve(name));
    for (String file : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(MODELS.resolve("adapters").resolve(name).resolve(file), adapter.resolve(file));
    }
    Path file = adapter.resolve("adapter_config.json");
    ObjectNode config = (ObjectNode) MAPPER.readTree(file.toFile());
    config.put("base_model_name_or_path", base.toString());
    MAPPER.writeValue(file.toFile(), config);
    return adapter;
  }

  @Test
  void anAdapterFindsItsModel() throws IOException {
    List<JsonNode> rows = expected("adapters", "labels");
    Path data = data(rows, "text", "text");
    Path model = MODELS.resolve("bert_sequence");
    Path adapter = adapterOf("labels", model.toAbsolutePath());
    Path elsewhere = MODELS.resolve("adapters/labels");

    compare(predict("-a", adapter, "-d", data), rows);
    compare(predict("-m", model, "-a", elsewhere, "-d", data), rows);
    Run run = Run.of("predict", "-a", elsewhere, "-d", data);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err())
        .contains("tiny/bert_sequence")
        .contains("Save the model there, or give its folder with --model.")
        .hasLineCount(1);
  }

  @Test
  void severalAdaptersActTogether() throws IOException {
    JsonNode row =
        MAPPER.readTree(MODELS.resolve("expected.json").toFile()).path("adapters").path("text");
    Path data = data(List.of(row), "prompt", "prompt");
    Path model = MODELS.resolve("llama_text");
    Path adapter = MODELS.resolve("adapters/text");

    JsonNode whole = predict("-m", model, "-a", adapter, "-d", data).get(0);
    JsonNode halves =
        predict("-m", model, "-a", adapter + "=0.25", "-a", adapter + "=0.75", "-d", data).get(0);
    assertThat(whole.path("text")).isEqualTo(row.path("greedy"));
    assertThat(halves).isEqualTo(whole);
    assertThat(predict("-m", model, "-d", data).get(0)).isNotEqualTo(whole);
  }

  @Test
  void eachRowHasThePromptOfItsTask() throws IOException {
    Path adapter = folder.resolve("tasks");
    Path model = MODELS.resolve("bert_sequence");
    Path rows =
        Files.writeString(
            folder.resolve("t.jsonl"),
            "{\"text\": \"A cat.\", \"label\": \"bad\", \"task_id\": 0}\n"
                + "{\"text\": \"A cat.\", \"label\": \"good\", \"task_id\": 1}\n");
    Path untold = Files.writeString(folder.resolve("u.jsonl"), "{\"text\": \"A cat.\"}\n");
    String train =
        "--method multitask-prompt-tuning --virtual-tokens 2 --set num_tasks=2 --set num_ranks=1"
            + " --steps 5 --learning-rate 0.3";
    Object[] words =
        Stream.of(
                Stream.of("train", "-m", model, "-d", rows, "-o", adapter),
                Arrays.stream(train.split(" ")))
            .flatMap(each -> each)
            .toArray();
    Run trained = Run.of(words);
    assertThat(trained.status()).as(trained.err()).isZero();

    List<JsonNode> both = predict("-a", adapter, "-d", rows);
    assertThat(both.get(0)).isNotEqualTo(both.get(1));
    for (int task = 0; task < 2; task++) {
      assertThat(predict("-a", adapter, "-d", untold, "--task", task))
          .containsExactly(both.get(task));
    }
    assertFails("the adapter has no tasks", "-m", model, "-d", untold, "--task", 1);
    assertFails(
        "--task is token-cls, and the model " + model + " is for the task seq-cls",
        "-m",
        model,
        "-d",
        untold,
        "--task",
        "token-cls");
  }

  @Test
  void aBrokenRowIsNamedAndNothingIsWritten() throws IOException {
    Path output = folder.resolve("out.jsonl");
    Path lines =
        Files.writeString(folder.resolve("b.jsonl"), "{\"text\": \"x\"}\n\n{\"txet\": \"y\"}\n");
    Path table = Files.writeString(folder.resolve("b.csv"), "id,text\n1,x\n2,\n");
    Path questions =
        Files.writeString(
            folder.resolve("q.jsonl"),
            "{\"question\": \"Who?\", \"context\": \"x\"}\n{\"question\": \""
                + "Who? ".repeat(60)
                + "\", \"context\": \"x\"}\n");
    Path model = MODELS.resolve("bert_sequence");

    assertFails("line 3 has no \"text\"", "-m", model, "-d", lines, "-o", output);
    assertFails("line 3, column 2: \"text\" is empty", "-m", model, "-d", table, "-o", output);
    assertFails(
        "q.jsonl, line 2 cannot be read",
        "-m",
        MODELS.resolve("bert_answers"),
        "-d",
        questions,
        "-o",
        output);
    assertThat(output).doesNotExist();
  }

  private static void assertFails(String message, Object... words) {
    Run run = Run.of(Stream.concat(Stream.of("predict"), Arrays.stream(words)).toArray());
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).contains(message).hasLineCount(1);
  }

  @Test
  void optionsOfOtherTasksAreRefused() throws IOException {
    Path data = data(expected("bert_sequence", "texts"), "text", "text");
    Path model = MODELS.resolve("bert_sequence");

    assertFails("--num-beams is for causal-lm", "-m", model, "-d", data, "--num-beams", 2);
    assertFails("--stride is for question-ans", "-m", model, "-d", data, "--stride", 2);
    assertFails("--no-answer is for", "-m", model, "-d", data, "--no-answer");
    assertFails("--batch-size is 0", "-m", model, "-d", data, "--batch-size", 0);
    assertFails("--columns is \"text\"", "-m", model, "-d", data, "--columns", "text");
    assertFails("use 'peft embed'", "-m", MODELS.resolve("bert_vectors"), "-d", data);
    assertFails(
        "--sequence-length is for all tasks but",
        "-m",
        MODELS.resolve("llama_text"),
        "-d",
        data,
        "--sequence-length",
        9);
    assertFails("is not a file of rows", "-m", model, "-d", folder.resolve("a.txt"));
  }

  private Run embed(Object... words) {
    Object[] model = {"embed", "-m", MODELS.resolve("bert_vectors")};
    return Run.of(Stream.concat(Arrays.stream(model), Arrays.stream(words)).toArray());
  }

  @Test
  void vectorsAreWrittenAsTensorsOfLengthOne() throws IOException {
    List<JsonNode> rows = expected("bert_vectors", "texts");
    Path output = folder.resolve("v.safetensors");

    Run run = embed("-d", data(rows, "text", "body"), "--columns", "text=body", "-o", output);

    assertThat(run.out().strip()).isEqualTo("5 vectors of 24 written to " + output);
    float[] values = new float[5 * 24];
    try (TensorSource source = TensorSource.open(output)) {
      assertThat(source.tensor("embeddings").shape()).containsExactly(5L, 24L);
      source.readFloats("embeddings", 0, values, 0, values.length);
    }
    for (int i = 0; i < values.length; i++) {
      double wanted = rows.get(i / 24).path("normalised").path(i % 24).doubleValue();
      assertThat((double) values[i]).isCloseTo(wanted, within(1e-5));
    }
  }

  @ParameterizedTest
  @CsvSource({"mean, mean", "cls, first", "first, first", "last, last"})
  void vectorsAreWrittenAsLines(String pooling, String name) throws IOException {
    List<JsonNode> rows = expected("bert_vectors", "texts");
    Path output = folder.resolve("v.jsonl");

    Run run =
        embed(
            "-d",
            data(rows, "text", "text"),
            "--pooling",
            pooling,
            "--no-normalize",
            "--batch-size",
            2,
            "-o",
            output);

    assertThat(run.status()).as(run.err()).isZero();
    List<JsonNode> lines = Files.readAllLines(output).stream().map(PredictTest::read).toList();
    assertThat(lines).hasSize(5);
    for (int i = 0; i < 5; i++) {
      for (int j = 0; j < 24; j++) {
        assertThat(lines.get(i).path("vector").path(j).doubleValue())
            .isCloseTo(rows.get(i).path(name).path(j).doubleValue(), within(1e-5));
      }
    }
  }

  @Test
  void vectorsComeFromEncodersOnly() throws IOException {
    Path data = data(expected("bert_vectors", "texts"), "text", "text");

    Run kind = embed("-d", data, "-o", folder.resolve("v.bin"));
    Run adapter = embed("-a", MODELS.resolve("adapters/new_tags"), "-d", data, "-o", "v.jsonl");

    assertThat(kind.err()).contains("allowed: a name that ends in .safetensors or .jsonl");
    assertThat(adapter.err()).contains("is an adapter for the task TOKEN_CLS").hasLineCount(1);
    assertThat(List.of(kind.status(), adapter.status())).containsOnly(1);
  }
}
