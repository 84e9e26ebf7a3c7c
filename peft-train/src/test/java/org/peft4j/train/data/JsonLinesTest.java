package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.peft4j.error.PeftException;

/** With a tokenizer whose ids are characters, after a 1 for the beginning. */
class JsonLinesTest {
  private static final int END = 2;
  private static final int PAD = 0;
  private static final JsonLines LINES =
      new JsonLines(text -> ("\u0001" + text).chars().toArray(), END, PAD, 8);

  private final Path file;

  JsonLinesTest(@TempDir Path folder) {
    file = folder.resolve("data.jsonl");
  }

  private TrainingData read(String text) throws IOException {
    return LINES.read(Files.writeString(file, text));
  }

  @Test
  void everyTokenOfATextIsLearnedAndItsEnd() throws IOException {
    TokenBatch batch = read("{\"text\": \"ab\"}\n\n{\"text\": \"c\", \"id\": 7}").batch(0, 1);

    assertThat(batch.inputIds())
        .isDeepEqualTo(new int[][] {{1, 'a', 'b', END}, {1, 'c', END, PAD}});
    assertThat(batch.attentionMask()).isDeepEqualTo(new int[][] {{1, 1, 1, 1}, {1, 1, 1, 0}});
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{1, 'a', 'b', END}, {1, 'c', END, -100}});
    assertThat(batch.labelled()).isEqualTo(5);
    assertThat(batch.tokens()).isEqualTo(7);
  }

  @Test
  void tasksAreNumbersOfAllLinesOrOfNone() throws IOException {
    TrainingData data =
        read(
            "{\"text\": \"a\", \"task_id\": 2}\n"
                + "{\"prompt\": \"a\", \"completion\": \"b\", \"task_id\": 0}");

    assertThat(data.batch(0, 1).tasks()).containsExactly(2, 0);
    assertThat(read("{\"text\": \"a\", \"task_id\": \"HumanEval/3\"}").batch(0).tasks()).isEmpty();
    assertThatThrownBy(() -> read("{\"text\": \"a\", \"task_id\": 2}\n{\"text\": \"b\"}"))
        .hasMessageContaining("1 of 2 sequences have a task, the others none");
  }

  @Test
  void aPromptIsNotLearned() throws IOException {
    TokenBatch batch = read("{\"prompt\": \"ab\", \"completion\": \"cd\"}\r\n").batch(0);

    assertThat(batch.inputIds()[0]).containsExactly(1, 'a', 'b', 'c', 'd', END);
    assertThat(batch.labels()[0]).containsExactly(-100, -100, -100, 'c', 'd', END);
    assertThat(batch.labelled()).isEqualTo(3);
  }

  /** What generation gives the model is the prompt's own tokens, which "Xd" does not begin with. */
  @Test
  void whereATokenSpansTheBorderTheCompletionFollowsThePromptsTokens() throws IOException {
    JsonLines merging =
        new JsonLines(
            text -> ("\u0001" + text).replace("bc", "X").replace("cd", "Y").chars().toArray(),
            END,
            PAD,
            8);
    Files.writeString(file, "{\"prompt\": \"ab\", \"completion\": \"cd\"}");

    TokenBatch batch = merging.read(file).batch(0);

    assertThat(batch.inputIds()[0]).containsExactly(1, 'a', 'b', 'Y', END);
    assertThat(batch.labels()[0]).containsExactly(-100, -100, -100, 'Y', END);
  }

  @Test
  void aTokenizerThatEndsEveryTextEndsARowOnce() throws IOException {
    JsonLines ending = new JsonLines(text -> (text + "\u0002").chars().toArray(), END, PAD, 8);
    Files.writeString(file, "{\"prompt\": \"ab\", \"completion\": \"cd\"}");

    TokenBatch batch = ending.read(file).batch(0);

    assertThat(batch.inputIds()[0]).containsExactly('a', 'b', 'c', 'd', END);
    assertThat(batch.labels()[0]).containsExactly(-100, -100, 'c', 'd', END);
  }

  @Test
  void aByteOrderMarkIsSkipped() throws IOException {
    TokenBatch batch = read("\ufeff{\"text\": \"ab\"}\r\n").batch(0);

    assertThat(batch.inputIds()[0]).containsExactly(1, 'a', 'b', END);
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16", "UTF-16LE", "UTF-16BE", "UTF-32LE", "UTF-32BE"})
  void otherEncodingsAreRefusedByName(String encoding) throws IOException {
    Files.write(file, "{\"text\": \"ab\"}".getBytes(Charset.forName(encoding)));

    assertThatThrownBy(() -> LINES.read(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is UTF-16 or UTF-32 text; save it as UTF-8");
  }

  @Test
  void longRowsAreCutAndThoseWithoutALabelLeftOut() throws IOException {
    TrainingData data =
        read(
            "{\"prompt\": \"abcdefgh\", \"completion\": \"x\"}\n"
                + "{\"prompt\": \"abcdef\", \"completion\": \"xyz\"}");

    assertThat(data.size()).isEqualTo(1);
    assertThat(data.batch(0).inputIds()[0]).containsExactly(1, 'a', 'b', 'c', 'd', 'e', 'f', 'x');
  }

  static Stream<Arguments> brokenFiles() {
    return Stream.of(
        Arguments.of("", "has no line with an object in it"),
        Arguments.of("{\"text\": \"a\"}\n{\"text\": ", "line 2 is not valid JSON"),
        Arguments.of("{\"text\": \"a\"}\n\n[1]", "line 3 is not a JSON object: \"[1]\""),
        Arguments.of("{\"text\": \"a\"} {}", "line 1 is not valid JSON"),
        Arguments.of("{\"text\": \"a\", \"text\": \"b\"}", "line 1 is not valid JSON: Duplicate"),
        Arguments.of("{\"text\": 3}", "line 1 has \"text\" of type NUMBER; allowed: a string"),
        Arguments.of("{\"text\": null}", "line 1 has neither \"text\" nor both"),
        Arguments.of(
            "{\"prompt\": \"a\", \"answer\": \"b\"}",
            "line 1 has neither \"text\" nor both of \"prompt\" and \"completion\". Its fields:"
                + " \"prompt, answer\""),
        Arguments.of(
            "{\"text\": \"a\", \"prompt\": \"b\"}", "line 1 has \"text\" beside \"prompt\""),
        Arguments.of("[".repeat(5000), "line 1 is not valid JSON"),
        Arguments.of(
            "{\"prompt\": \"abcdefgh\", \"completion\": \"x\"}",
            "None of 1 sequences has a label after its first token"));
  }

  @ParameterizedTest
  @MethodSource("brokenFiles")
  void aBrokenFileIsRefusedWithTheLine(String text, String message) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aLineWithoutEndIsRefused() throws IOException {
    byte[] endless = new byte[(1 << 24) + 2];
    java.util.Arrays.fill(endless, (byte) ' ');
    Files.write(file, endless);

    assertThatThrownBy(() -> LINES.read(file))
        .hasMessageContaining("line 1 has more than 16777216 characters");
  }

  @Test
  void whatIsNotUtf8IsRefused() throws IOException {
    Files.write(file, "{\"text\": \"ä\"}".getBytes(StandardCharsets.ISO_8859_1));

    assertThatThrownBy(() -> LINES.read(file)).hasMessageContaining("is not UTF-8 text");
  }

  @Test
  void whatIsNoRegularFileIsRefused() throws IOException {
    Files.createDirectory(file);

    assertThatThrownBy(() -> LINES.read(file)).hasMessage(file + " is not a regular file.");
    assertThatThrownBy(() -> TextTokens.read(file, text -> new int[0]))
        .hasMessage(file + " is not a regular file.");
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatThrownBy(() -> LINES.read(file)).hasMessage("There is no file " + file + ".");
  }
}
