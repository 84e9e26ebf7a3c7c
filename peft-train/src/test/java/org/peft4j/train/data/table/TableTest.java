package org.peft4j.train.data.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;

/** The same rows from every kind of file. */
class TableTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private List<Row> rows(String name, String text, String... columns) throws IOException {
    Path file = Files.writeString(folder.resolve(name), text);
    return columns.length == 0
        ? Table.of(file).rows()
        : Table.of(file, Columns.parse(columns[0])).rows();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a.jsonl | {`text`: `so, so`, `label`: 2}#{`text`: `good`, `label`: 3}",
        "a.json | [{`text`: `so, so`, `label`: 2},# {`label`: 3, `text`: `good`}]",
        "a.json | {`version`: {}, `data`: [{`text`: `so, so`, `label`: 2},# {`text`: `good`,"
            + " `label`: 3}]}",
        "a.csv | text,label#`so, so`,2#good,3#",
        "a.csv | \ufefftext,label#`so, so`,2#good,3",
        "a.tsv | text\tlabel#so, so\t2#good\t3"
      })
  void textsWithLabels(String name, String text) throws IOException {
    List<Row> rows = rows(name, text.replace('#', '\n').replace('`', '"'));

    assertThat(rows).extracting(row -> row.text("text")).containsExactly("so, so", "good");
    assertThat(rows)
        .extracting(row -> row.labels("label"))
        .containsExactly(List.of("2"), List.of("3"));
    assertThat(rows).extracting(row -> row.number("label")).containsExactly(2.0, 3.0);
  }

  @Test
  void rowsOfATableKnowTheLineThatTheyBeginOn() throws IOException {
    List<Row> rows =
        rows("a.csv", "text,label\r\n\"one\r\ntwo\",2\r\n\r\n\"th\"\"ree\",4\n five ,6\n\n\n");

    assertThat(rows)
        .extracting(row -> row.text("text"))
        .containsExactly("one\r\ntwo", "th\"ree", " five ");
    assertThat(rows).extracting(Row::line).containsExactly(2, 5, 6);
  }

  @Test
  void wordsWithTagsOfConll() throws IOException {
    List<Row> rows =
        rows("a.conll", "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\n\nPeter\tNNP\tB-PER\n");

    assertThat(rows)
        .extracting(row -> row.texts("tokens"))
        .containsExactly(List.of("EU", "rejects"), List.of("Peter"));
    assertThat(rows)
        .extracting(row -> row.texts("tags"))
        .containsExactly(List.of("B-ORG", "O"), List.of("B-PER"));
    assertThat(rows).extracting(Row::line).containsExactly(3, 7);
  }

  @Test
  void wordsWithoutTags() throws IOException {
    assertThat(rows("a.conll", "EU\nrejects\n").get(0).has("tags")).isFalse();
  }

  @Test
  void questionsOfSquad() throws IOException {
    String article =
        """
        {"version": "v2.0", "data": [
         {"title": "t", "paragraphs": [{"context": "It rained.", "qas": [
           {"id": "1", "question": "What?", "answers": [{"text": "rained", "answer_start": 3}], "is_impossible": false},
           {"id": "2", "question": "Who?", "answers": [], "plausible_answers": [{"text": "It", "answer_start": 0}], "is_impossible": true}]}]}]}
        """;

    List<Row> rows = rows("dev-v2.0.json", article);

    assertThat(rows).extracting(row -> row.text("id")).containsExactly("1", "2");
    assertThat(rows.get(0).text("context")).isEqualTo("It rained.");
    assertThat(rows.get(0).objects("answers").get(0).text("text")).isEqualTo("rained");
    assertThat(rows.get(1).objects("answers")).isEmpty();
  }

  @Test
  void columnsAreTakenUnderTheNamesOfFields() throws IOException {
    Row row = rows("a.csv", "text,review,stars\nid 7,good,5\n", "text=review, label=stars").get(0);

    assertThat(row.fields()).containsExactly("text", "label");
    assertThat(row.text("text")).isEqualTo("good");
    assertThat(row.labels("label")).containsExactly("5");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "text=revue | has no column \"revue\", to take for text. Nearest: \"review\"",
        "txt=review | No task reads a field \"txt\". Nearest: \"text\"",
        "text=review,label=review | A column is taken for two fields",
        "text | allowed: FIELD=COLUMN, separated by commas",
        "text=review,text=stars | each field once",
        "text=review,label=star | has no column \"star\", to take for label. Nearest: \"stars\"",
      })
  void columnsThatAreNotThereAreRefusedWithTheNearest(String columns, String message) {
    assertThatThrownBy(
            () -> rows("a.csv", "review,stars\ngood,5\n", columns).forEach(row -> row.text("text")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message.replace("'", ""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a.csv | text,label#good,5,6 | line 2 has 3 values; needed: 2",
        "a.csv | text,label#good | line 2 has 1 values; needed: 2",
        "a.csv | text,label#`good,5 | Missing closing quote",
        "a.csv | text,text#good,5 | 'line 1, column 2: \"text\" is there twice'",
        "a.csv | text,label | has no row in it",
        "a.csv | text,label#,5 | 'line 2, column 1: \"text\" is empty.'",
        "a.csv | text,label#ok,five | 'line 2, column 2: \"label\" is \"five\"; allowed: a number'",
        "a.json | [{`text`: `a`},#  {`text`: `b`] | line 2, column 15 is not valid JSON",
        "a.json | [{`text`: `a`},#  7] | 'line 2, column 3 is not an object'",
        "a.json | [{`text`: `a`, `label`: 1},#  {`text`: 7}] | 'line 2, column 3 has \"text\" of"
            + " type NUMBER'",
        "a.json | [{`text`: `a`, `label`: 1}] {} | line 1, column 29 is behind the end",
        "a.json | {`text`: `a`} | line 1, column 1 is an object without a list \"data\"",
        "a.json | [] | has no row in it",
        "a.json | {`data`: [{`paragraphs`: [{`qas`: []}]}]} | paragraph 1 of the article has no"
            + " text \"context\"",
        "a.conll | EU NNP B-ORG#rejects O | 'line 2 has 2 columns, and line 1 of the same text 3'",
        "a.conll | ` ` | has no line with a word in it",
      })
  void aBrokenRowIsNamedByFileLineAndColumn(String name, String text, String message) {
    assertThatThrownBy(
            () ->
                rows(name, text.replace('#', '\n').replace('`', '"'))
                    .forEach(
                        row -> {
                          row.text("text");
                          row.number("label");
                        }))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(name)
        .hasMessageContaining(message.replace("'", ""));
  }
}
