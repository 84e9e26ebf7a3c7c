package org.peft4j.train.data.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;

/**
 * Damaged tables, lists and tagged texts: refused, or read as rows whose fields can be asked for.
 */
class TableFuzzTest {
  private static final List<String> JSON =
      Stream.concat(
              Mutations.JSON.stream(),
              Stream.of("\"data\"", "\"qas\"", "\"answers\"", "\"is_impossible\"", "1e999"))
          .toList();
  private static final List<String> TABLE =
      List.of(
          "\"", "\"\"", ",", "\t", "\n", "\r\n", "\r", "label", "1e999", "0.5", "-", "\u00e9", " ",
          "\\");

  private final Path folder;

  TableFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  static Stream<Arguments> files() {
    return Stream.of(
        Arguments.of(
            "list.json", "[{\"text\": \"a\u00e9\", \"label\": [1, 2.5]},\n{\"score\": -3e2}]"),
        Arguments.of(
            "squad.json",
            "{\"version\": \"2.0\", \"data\": [{\"paragraphs\": [{\"context\": \"a b\", \"qas\":"
                + " [{\"id\": \"1\", \"question\": \"q\", \"answers\": [{\"text\": \"b\","
                + " \"answer_start\": 2}], \"is_impossible\": false}]}]}]}"),
        Arguments.of(
            "table.csv",
            "text,label,tokens\n\"a, \"\"b\"\"\",good,x y\n\"c\nd\",2.5,z\r\n\ne,-1,\n"),
        Arguments.of("table.tsv", "text\tlabel\na \"b\"\t3\nc\t0.25\n"),
        Arguments.of("tags.conll", "-DOCSTART- O\n\nThe DT O\nking NN B-PER\n\n\nx Y Z\n"),
        Arguments.of(
            "lines.jsonl",
            "{\"tokens\": [\"a\", \"b\"], \"tags\": [0, 1]}\n\n{\"answers\": {\"text\": [\"x\"],"
                + " \"answer_start\": [0]}, \"task_id\": 3}\n"));
  }

  @ParameterizedTest
  @MethodSource("files")
  void damagedFilesAreRefusedOrRead(String name, String sound) throws IOException {
    Path file = folder.resolve(name);
    byte[] bytes = sound.getBytes(StandardCharsets.UTF_8);
    Files.write(file, bytes);
    assertThat(reads(file)).as("the sound file").isTrue();
    Mutations mutations = new Mutations(20_261_129, name.contains(".js") ? JSON : TABLE);
    int inputs = Mutations.inputs(2_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      Mutations.write(file, mutations.of(bytes));
      read += reads(file) ? 1 : 0;
    }
    assertThat(read).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private static boolean reads(Path file) {
    try {
      Table.of(file).forEach(TableFuzzTest::ask);
      return true;
    } catch (PeftException expected) {
      return false;
    }
  }

  /** Each question about a field has an answer, or says what is wrong. */
  private static void ask(Row row) {
    assertThat(row.line()).isPositive();
    row.task();
    for (String field : row.fields()) {
      row.isList(field);
      row.isFraction(field);
      assertThat(row.fieldsForMessages()).isNotEmpty();
      tried(() -> row.text(field));
      tried(() -> row.texts(field));
      tried(() -> row.labels(field));
      tried(() -> row.numbers(field));
      tried(() -> row.objects(field));
    }
  }

  private static void tried(Runnable question) {
    try {
      question.run();
    } catch (PeftException expected) {
      assertThat(expected).hasMessageContaining("line ");
    }
  }
}
