package org.peft4j.train.data.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TrainingData;
import org.peft4j.train.data.VectorBatch;
import org.peft4j.train.data.VectorData;
import org.peft4j.train.data.table.Columns;
import org.peft4j.train.data.table.Table;
import org.peft4j.transformers.config.Labels;
import org.peft4j.transformers.config.ProblemType;
import org.peft4j.transformers.config.Task;
import org.peft4j.transformers.config.TaskHead;
import org.peft4j.transformers.family.Families;

class DataFilesTest {
  private static final Path MODELS =
      Path.of("../peft-transformers/src/test/resources/golden/predictions");
  private static final Path BERT = MODELS.resolve("bert_sequence");

  private final Path folder;

  DataFilesTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private Path file(String name, String text) throws IOException {
    return Files.writeString(folder.resolve(name), text);
  }

  @Test
  void aFileOfNoKnownKindIsRefused() {
    assertThatThrownBy(() -> DataFiles.of(BERT).read(Path.of("data.xlsx")))
        .hasMessage(
            "data.xlsx is not a supported file type; use .txt, .jsonl, .json, .csv, .tsv, .conll or"
                + " .safetensors.");
  }

  @Test
  void aTextIsForLanguageModels() throws IOException {
    assertThatThrownBy(() -> DataFiles.of(BERT).read(file("a.txt", "The king")))
        .hasMessageContaining("the task SEQ_CLS learns from rows");
    assertThatThrownBy(
            () -> DataFiles.of(MODELS.resolve("t5_text")).read(file("a.txt", "The king")))
        .hasMessageContaining("learns from pairs");
  }

  @Test
  void aTableWithColumnsOfOtherNames() throws IOException {
    Path file = file("reviews.csv", "stars,review\ngood,\"a cat, a hat\"\nbad,The king\n");

    TrainingData data =
        DataFiles.of(BERT).withColumns(Columns.parse("text=review,label=stars")).read(file);

    assertThat(data.batch(0, 1).labels()).isDeepEqualTo(new int[][] {{2}, {0}});
    assertThat(data.batch(0).inputIds()[0])
        .isEqualTo(
            DataFiles.of(BERT)
                .read(file("same.jsonl", "{\"text\": \"a cat, a hat\", \"label\": 2}\n"))
                .batch(0)
                .inputIds()[0]);
  }

  @Test
  void conllHasARowForEachText() throws IOException {
    Path file = file("a.conll", "The O\nking B-PER\n\n\nx O\n");

    TrainingData data = DataFiles.of(MODELS.resolve("bert_tokens")).read(file);

    assertThat(data.size()).isEqualTo(2);
    assertThat(data.batch(0).labels()[0]).containsExactly(-100, 0, 1, -100);
  }

  @Test
  void questionsOfSquadAndOfDatasetsLibraryAreTheSame() throws IOException {
    DataFiles files = DataFiles.of(MODELS.resolve("bert_answers"));
    TrainingData squad =
        files.read(
            file(
                "squad.json",
                "{\"version\": \"2.0\", \"data\": [{\"title\": \"t\", \"paragraphs\": [{\"context\":"
                    + " \"a king, x\", \"qas\": [{\"id\": \"1\", \"question\": \"Who?\","
                    + " \"answers\": [{\"text\": \"king\", \"answer_start\": 2}]}]}]}]}"));
    TrainingData lists =
        files.read(
            file(
                "rows.jsonl",
                "{\"question\": \"Who?\", \"context\": \"a king, x\", \"answers\":"
                    + " {\"text\": [\"king\", \"a king\"], \"answer_start\": [2, 0]}}"));

    assertThat(squad.checksum()).isEqualTo(lists.checksum());
    assertThat(squad.batch(0).labels()[0][0]).isPositive();
  }

  @Test
  void relatedTextsAreOneBatch() throws IOException {
    DataFiles files =
        DataFiles.of(MODELS.resolve("bert_vectors"), TaskHead.of(Task.FEATURE_EXTRACTION));
    VectorData triplets =
        files.readRelated(
            file(
                "a.jsonl",
                "{\"anchor\": \"The king\", \"positive\": \"a king\", \"negative\": \"x\"}\n"
                    + "{\"anchor\": \"a cat\", \"positive\": \"cats\", \"negative\": \"12\"}\n"));
    VectorData scored =
        files.readRelated(file("b.tsv", "text\ttext_pair\tscore\nThe king\tx\t0.25\n"));

    VectorBatch batch = triplets.batch(1, 0);
    assertThat(batch.examples()).isEqualTo(2);
    assertThat(batch.textsOfEach()).isEqualTo(3);
    assertThat(batch.texts().inputIds()[1])
        .as("the second anchor")
        .startsWith(triplets.batch(0).texts().inputIds()[0]);
    assertThat(scored.batch(0).scores()).containsExactly(0.25);
  }

  @Test
  void textsForVectorsAreCutWhereSentenceTransformersCutsThem() throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(MODELS.resolve("bert_vectors").resolve(name), model.resolve(name));
    }
    Files.writeString(model.resolve("sentence_bert_config.json"), "{\"max_seq_length\": 4}");
    Path data = file("a.tsv", "text\ttext_pair\nThe king and the cat\ta cat, a hat and a king\n");
    DataFiles files = DataFiles.of(model, TaskHead.of(Task.FEATURE_EXTRACTION));

    assertThat(files.readRelated(data).longest()).isEqualTo(4);
    assertThat(files.withSequenceLength(6).readRelated(data).longest()).isEqualTo(6);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
"""
bert_sequence | {"text": "x", "label": "god"} | line 2: "label" has the label "god", which the model has not. Nearest: "good"
bert_sequence | {"text": "x", "label": 3} | line 2: "label" has the label "3"
bert_sequence | {"text": "x", "label": ["good", "bad"]} | "label" is a list of 2 labels; the model gives each input one.
bert_sequence | {"text": "x"} | line 2 has no "label".
bert_sequence | {"texts": "x", "label": 1} | line 2 has no "text".
bert_sequence | {"text": "\\ud83d", "label": 1} | line 2 cannot become tokens: The text
bert_number | {"text": "x", "label": "many"} | "label" is "many"; allowed: a number.
bert_number | {"text": "x", "label": [1.5, 2]} | "label" has 2 numbers; the model has 1 output.
bert_several | {"text": "x", "label": [0.5, 1.5, 0]} | "label" holds 1.5; allowed: 0 to 1
bert_tokens | {"tokens": ["a", "b"], "tags": ["O"]} | "tags" has 1 tags for 2 words
bert_tokens | {"tokens": ["a"], "tags": ["B-ORG"]} | "tags" has the label "B-ORG", which the model has not.
bert_answers | {"question": "q", "context": "a king", "answers": [{"text": "king", "answer_start": 1}]} | "answers" has the answer "king" at 1, and the context has " kin" there.
bert_answers | {"question": "q", "context": "a king", "answers": [{"text": "king", "answer_start": 99}]} | allowed: 0 to 6, the characters of the context.
bert_answers | {"question": "q", "context": "a king", "answers": {"text": ["a"], "answer_start": []}} | "answers" has 1 texts and 0 starts
bert_answers | {"question": "q", "context": "a king"} | line 2 has no "answers".
""")
  void aBrokenRowIsNamed(String model, String row, String message) throws IOException {
    String good =
        switch (model) {
          case "bert_tokens" -> "{\"tokens\": [\"a\"], \"tags\": [\"O\"]}";
          case "bert_answers" -> "{\"question\": \"q\", \"context\": \"c\", \"answers\": []}";
          case "bert_several" -> "{\"text\": \"a\", \"label\": []}";
          default -> "{\"text\": \"a\", \"label\": 0}";
        };
    Path file = file("rows.jsonl", good + "\n" + row + "\n");

    assertThatThrownBy(() -> DataFiles.of(MODELS.resolve(model)).read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("rows.jsonl, line 2")
        .hasMessageContaining(message);
  }

  @Test
  void aBrokenCellIsNamedWithItsColumn() throws IOException {
    Path file = file("a.csv", "text,label\nx,good\ny,terrible\n");

    assertThatThrownBy(() -> DataFiles.of(BERT).read(file))
        .hasMessageContaining("a.csv, line 3, column 2: \"label\" has the label \"terrible\"");
  }

  @Test
  void aQuestionThatFillsTheWindowIsNamed() throws IOException {
    Path file =
        file(
            "a.jsonl",
            "{\"question\": \"who had a cat on the mat and a hat\", \"context\": \"x\","
                + " \"answers\": []}");

    assertThatThrownBy(
            () -> DataFiles.of(MODELS.resolve("bert_answers")).withSequenceLength(8).read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("line 1 cannot become tokens: ");
  }

  private TaskHead head(String model, String name, String rows) throws IOException {
    return head(Task.SEQ_CLS, model, name, rows);
  }

  private TaskHead head(Task task, String model, String name, String rows) throws IOException {
    return RowLabels.head(
        Table.of(file(name, rows)),
        task,
        Families.read(MODELS.resolve(model)),
        Optional.empty(),
        Optional.empty());
  }

  @Test
  void labelsComeFromTheRowsInTheirOrder() throws IOException {
    String rows =
        "{\"label\": \"b\"}\n{\"label\": \"B\"}\n{\"label\": \"a\"}\n{\"label\": \"b\"}\n";

    assertThat(head("bert_vectors", "a.jsonl", rows))
        .isEqualTo(TaskHead.sequences(Labels.of("B", "a", "b")));
    assertThat(head("bert_vectors", "a.csv", "label\n10\n9\n-1\n"))
        .isEqualTo(TaskHead.sequences(Labels.of("-1", "9", "10")));
    assertThat(
            head("bert_vectors", "b.jsonl", "{\"label\": [\"x\"]}\n{\"label\": [\"z\", \"y\"]}\n"))
        .isEqualTo(
            TaskHead.sequences(Labels.of("x", "y", "z"), ProblemType.MULTI_LABEL_CLASSIFICATION));
    assertThat(head("bert_vectors", "c.csv", "label\n10\n9.5\n"))
        .isEqualTo(TaskHead.sequences(Labels.count(1)));
    assertThat(head("bert_vectors", "d.jsonl", "{\"label\": [1, 2.5, 0]}\n"))
        .isEqualTo(TaskHead.sequences(Labels.count(3), ProblemType.REGRESSION));
    assertThat(head(Task.TOKEN_CLS, "bert_vectors", "e.conll", "a B-X\nb O\n\nc I-X\n"))
        .isEqualTo(TaskHead.tokens(Labels.of("B-X", "I-X", "O")));
  }

  @Test
  void aModelKeepsItsOwnLabels() throws IOException {
    assertThat(head("bert_sequence", "a.jsonl", "{\"label\": \"nonsense\"}\n"))
        .isEqualTo(TaskHead.sequences(Labels.of("bad", "middling", "good")));
    assertThat(head("bert_number", "b.jsonl", "{\"label\": 3}\n"))
        .isEqualTo(TaskHead.sequences(Labels.count(1)));
  }

  @Test
  void oneLabelIsNone() {
    assertThatThrownBy(() -> head("bert_vectors", "a.jsonl", "{\"label\": \"b\"}\n"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("every row has the label \"b\"; there must be two or more");
  }
}
