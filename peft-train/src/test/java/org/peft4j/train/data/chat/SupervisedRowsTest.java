package org.peft4j.train.data.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.train.data.task.DataFiles;

/** Rows of supervised fine-tuning, beside those that TRL's {@code SFTTrainer} prepares. */
class SupervisedRowsTest {
  private static final Path MODEL =
      Path.of("../peft-transformers/src/test/resources/golden/predictions/llama_text");
  private static final Path TEMPLATES = Path.of("../peft-chat/src/test/resources/chat/templates");

  private final Path folder;

  SupervisedRowsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static List<JsonNode> cases() {
    try {
      JsonNode all =
          JsonMapper.builder()
              .build()
              .readTree(Path.of("src/test/resources/sft/rows.json").toFile());
      return StreamSupport.stream(all.spliterator(), false).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void rowsBecomeTrlsTokensAndLabels(JsonNode json) throws IOException {
    List<String> lines = new ArrayList<>();
    json.path("rows").forEach(row -> lines.add(row.toString()));
    Path file = Files.write(folder.resolve("rows.jsonl"), lines);
    Optional<TrainOn> trainOn =
        Optional.ofNullable(json.path("train_on").textValue())
            .map(name -> TrainOn.valueOf(name.toUpperCase(Locale.ROOT)));

    SupervisedData data =
        files(json.path("template").asText(), trainOn, json.path("keep_end").asBoolean())
            .withSequenceLength(json.path("longest").asInt(4096))
            .readSupervised(file);

    JsonNode expected = json.path("expected");
    assertThat(data.rows()).hasSize(expected.size());
    for (int row = 0; row < expected.size(); row++) {
      assertThat(data.rows().get(row).ids()).isEqualTo(ints(expected.get(row).path("ids")));
      assertThat(data.rows().get(row).labels()).isEqualTo(ints(expected.get(row).path("labels")));
    }
    assertThat(data.counts().dropped()).isEqualTo(lines.size() - expected.size());
    assertThat(data.data().size()).isEqualTo(expected.size());
  }

  private static int[] ints(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::asInt).toArray();
  }

  private static DataFiles files(String template, Optional<TrainOn> trainOn, boolean keepEnd) {
    return DataFiles.of(MODEL)
        .withSupervised(
            new SupervisedOptions(
                Optional.of(TEMPLATES.resolve(template + ".jinja")), trainOn, keepEnd));
  }

  private SupervisedData read(String template, Optional<TrainOn> trainOn, String... lines)
      throws IOException {
    Path file = Files.write(folder.resolve("rows.jsonl"), List.of(lines));
    return files(template, trainOn, false).readSupervised(file);
  }

  @Test
  void humansAndGptOfShareGptAreUsersAndAssistants() throws IOException {
    Optional<TrainOn> assistant = Optional.of(TrainOn.ASSISTANT);
    SupervisedData shared =
        read(
            "zephyr",
            assistant,
            "{\"conversations\": [{\"from\": \"system\", \"value\": \"Be good.\"}, {\"from\": \"human\","
                + " \"value\": \"Once?\"}, {\"from\": \"gpt\", \"value\": \"Upon a time.\"}]}");
    SupervisedData messages =
        read(
            "zephyr",
            assistant,
            "{\"messages\": [{\"role\": \"system\", \"content\": \"Be good.\"}, {\"role\": \"user\","
                + " \"content\": \"Once?\"}, {\"role\": \"assistant\", \"content\": \"Upon a time.\"}]}");

    assertThat(shared.rows().get(0).ids()).isEqualTo(messages.rows().get(0).ids());
    assertThat(shared.rows().get(0).labels()).isEqualTo(messages.rows().get(0).labels());
    assertThat(shared.counts().trained()).isPositive();
    assertThatThrownBy(() -> read("zephyr", assistant, "{\"messages\": [], \"conversations\": []}"))
        .hasMessageContaining("has \"messages\" and \"conversations\"; give one of them.");
  }

  @Test
  void countsWhatItReads() throws IOException {
    Path file =
        Files.write(
            folder.resolve("rows.jsonl"),
            List.of(
                "{\"prompt\": \"Once upon a time there was a king who had a cat\", \"completion\": \" x\"}",
                "{\"prompt\": \"Who\", \"completion\": \" had a cat? The king, and his three daughters.\"}",
                "{\"prompt\": \"A\", \"completion\": \" cat\"}"));
    SupervisedData data = DataFiles.of(MODEL).withSequenceLength(8).readSupervised(file);

    SupervisedData.Counts counts = data.counts();
    assertThat(counts.rows()).isEqualTo(3);
    assertThat(counts.dropped()).isEqualTo(1);
    assertThat(counts.truncated()).isEqualTo(2);
    long tokens = data.rows().stream().mapToLong(row -> row.ids().length).sum();
    assertThat(counts.tokens()).isEqualTo(tokens);
    assertThat(counts.trained()).isEqualTo(data.data().labelled());
    assertThat(counts.trainedShare()).isEqualTo((double) counts.trained() / tokens);
  }

  @Test
  void readsMessagesOfATableInJson() throws IOException {
    Path csv =
        Files.writeString(
            folder.resolve("rows.csv"),
            "messages\n\"[{\"\"role\"\": \"\"user\"\", \"\"content\"\": \"\"Who?\"\"},"
                + " {\"\"role\"\": \"\"assistant\"\", \"\"content\"\": \"\"A king.\"\"}]\"\n");
    SupervisedData table = files("zephyr", Optional.empty(), false).readSupervised(csv);
    SupervisedData lines =
        read(
            "zephyr",
            Optional.empty(),
            "{\"messages\": [{\"role\": \"user\", \"content\": \"Who?\"},"
                + " {\"role\": \"assistant\", \"content\": \"A king.\"}]}");

    assertThat(table.rows().get(0).ids()).isEqualTo(lines.rows().get(0).ids());
  }

  @Test
  void givesTheTemplateTheValuesOfARow() throws IOException {
    String row =
        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}, {\"role\": \"assistant\", \"content\": \"y\"}],"
            + " \"chat_template_kwargs\": {\"date_string\": \"%s\"}}";
    int[] first = read("llama3", Optional.empty(), row.formatted("1 May 1999")).rows().get(0).ids();
    int[] other = read("llama3", Optional.empty(), row.formatted("king")).rows().get(0).ids();

    assertThat(first).isNotEqualTo(other);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "zephyr | ASSISTANT | {'messages': [{'role': 'user', 'content': 'x'}]} | line 1 has nothing to learn: of its",
        "zephyr | ASSISTANT | {'text': 'x'} | line 1 has no \"messages\", and the assistant's turns are to be learned.",
        "zephyr | COMPLETION | {'text': 'x'} | line 1 has \"text\" and no completion",
        "zephyr | COMPLETION | {'messages': [{'role': 'user', 'content': 'x'}]} | line 1 has \"messages\" and no completion",
        "gemma | ALL | {'messages': [{'role': 'system', 'content': 'x'}]} | line 1 has no conversation: ",
        "gemma | ALL | {'messages': [{'role': 'system', 'content': 'x'}]} | There is no system role here",
        "zephyr | ALL | {'messages': 5} | \"messages\" is no list; allowed: a list of objects.",
        "zephyr | ALL | {'messages': ['x']} | \"messages\" holds something else than objects.",
        "zephyr | ALL | {'messages': []} | A conversation has no message",
        "zephyr | ALL | {'messages': [{'sender': 'x'}]} | has no \"role\", but the fields \"sender\"",
        "zephyr | ALL | {'messages': [], 'text': 'x'} | has \"messages\" beside a text or a prompt",
        "zephyr | ALL | {'x': 5} | line 1 has neither \"text\" nor both of",
        "mistral | ASSISTANT | {'messages': [{'role': 'user', 'content': 'a'}, {'role': 'assistant', 'content': 'b'}, {'role': 'user', 'content': 'c'}, {'role': 'assistant', 'content': 'd'}], 'tools': [{'function': {'name': 'f'}}]} | Mark them in the template with {% generation %}",
      })
  void namesTheRowThatCannotBeLearned(
      String template, TrainOn trainOn, String row, String message) {
    assertThatThrownBy(() -> read(template, Optional.of(trainOn), row.replace('\'', '"')))
        .hasMessageContaining("rows.jsonl")
        .hasMessageContaining(message);
  }

  @Test
  void asksForATemplateWhereTheModelHasNone() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("rows.jsonl"),
            "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}");

    assertThatThrownBy(() -> DataFiles.of(MODEL).readSupervised(file))
        .hasMessageContaining("has no chat template")
        .hasMessageContaining("--chat-template FILE");
  }

  @Test
  void namesOtherTasks() {
    Path bert = MODEL.resolveSibling("bert_sequence");
    assertThatThrownBy(() -> DataFiles.of(bert).readSupervised(Path.of("x.jsonl")))
        .hasMessageContaining("is for the task SEQ_CLS; rows to look at are those of causal");
  }
}
