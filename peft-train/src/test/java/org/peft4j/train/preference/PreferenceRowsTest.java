package org.peft4j.train.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.train.data.TokenBatch;
import org.peft4j.train.data.table.Table;

/** Rows of answers as tokens: a token is a character, and "ab" one of its own. */
class PreferenceRowsTest {
  private static final int END = 2;

  private final Path folder;

  PreferenceRowsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static int[] encode(String text) {
    return Arrays.stream(text.split("(?<=ab)|(?!^)(?!(?<=a)b)"))
        .filter(piece -> !piece.isEmpty())
        .mapToInt(piece -> piece.equals("ab") ? 1000 : piece.codePointAt(0))
        .toArray();
  }

  private static PreferenceRows rows(int length) {
    return new PreferenceRows(PreferenceRowsTest::encode, END, 0, length);
  }

  private Table table(String name, String... lines) throws IOException {
    return Table.of(Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n"));
  }

  @Test
  void answersFollowThePromptAndEnd() throws IOException {
    PreferenceData data =
        rows(64)
            .pairs(table("a.jsonl", "{\"prompt\":\"xy\",\"chosen\":\"cd\",\"rejected\":\"e\"}"));

    TokenBatch answers = data.batch(0).answers(false);
    assertThat(answers.inputIds())
        .isDeepEqualTo(new int[][] {{'x', 'y', 'c', 'd', END}, {'x', 'y', 'e', END, 0}});
    assertThat(answers.labels())
        .isDeepEqualTo(new int[][] {{-100, -100, 'c', 'd', END}, {-100, -100, 'e', END, -100}});
    assertThat(data.batch(0).answers(true).labels()[0]).containsExactly('x', 'y', 'c', 'd', END);
    assertThat(data.batch(0).tokens()).isEqualTo(9);
  }

  /** Worked out with extract_prompt of TRL 1.13. */
  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "\"Human: Hi Bot: I am\", \"Human: Hi Bot: No\", \"Human: Hi Bot:\", \" I am\", \" No\"",
        "\"He says ink\", \"He says in\", \"He says i\", \"nk\", \"n\"",
        "\"same\", \"same\", \"sam\", \"e\", \"e\"",
        "\"Ist\", \"Es\", \"\", \"Ist\", \"Es\"",
        "\"smile 😀 x\", \"smile 😁 x\", \"smile\", \" 😀 x\", \" 😁 x\"",
      })
  void theCommonPromptIsExtracted(
      String chosen, String rejected, String prompt, String better, String worse) {
    assertThat(PreferenceTexts.common(chosen, rejected))
        .isEqualTo(new PreferenceTexts(prompt, better, worse));
  }

  @Test
  void aTokenAcrossTheBorderIsSplit() throws IOException {
    PreferenceData data =
        rows(64)
            .pairs(table("a.jsonl", "{\"prompt\":\"xa\",\"chosen\":\"bc\",\"rejected\":\"d\"}"));

    assertThat(data.batch(0).answers(false).inputIds())
        .isDeepEqualTo(new int[][] {{'x', 'a', 'b', 'c', END}, {'x', 'a', 'd', END, 0}});
  }

  @Test
  void whatIsTooLongIsCutAndPromptsThatFillTheLengthAreLeftOut() throws IOException {
    Table table =
        table(
            "a.jsonl",
            "{\"prompt\":\"wxyz\",\"chosen\":\"cd\",\"rejected\":\"e\"}",
            "{\"prompt\":\"xy\",\"chosen\":\"cdfg\",\"rejected\":\"e\"}");

    assertThat(rows(4).pairs(table).batch(0).answers(false).inputIds())
        .isDeepEqualTo(new int[][] {{'x', 'y', 'c', 'd'}, {'x', 'y', 'e', END}});
    assertThatThrownBy(() -> rows(2).pairs(table))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(
            "line 1: the prompts of 2 rows, this one the first, fill the sequence length of 2");
  }

  @Test
  void ratedAnswersAreRowsOrPairsTakenApart() throws IOException {
    RatedData rated =
        rows(64).rated(table("a.csv", "prompt,completion,label", "x,c,true", "y,d,0", "z,e,1"));
    RatedData apart =
        rows(64)
            .rated(
                table(
                    "b.jsonl",
                    "{\"prompt\":\"x\",\"chosen\":\"c\",\"rejected\":\"d\"}",
                    "{\"prompt\":\"y\",\"chosen\":\"e\",\"rejected\":\"f\"}"));

    assertThat(rated.size()).isEqualTo(3);
    assertThat(rated.desirable()).isEqualTo(2);
    assertThat(apart.batch(0, 1, 2, 3).matched().inputIds())
        .isDeepEqualTo(
            new int[][] {{'x', 'c', END}, {'y', 'e', END}, {'x', 'd', END}, {'y', 'f', END}});
    assertThat(apart.batch(0, 1, 2, 3).answers().stream().map(RatedAnswer::desirable))
        .containsExactly(true, true, false, false);
    assertThat(apart.batch(0, 1, 2).mismatched().inputIds())
        .isDeepEqualTo(new int[][] {{'x', 'd', END}, {'y', 'c', END}, {'x', 'e', END}});
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt':'x','chosen':'c'} | has not both of \"chosen\" and \"rejected\"",
        "{'chosen':[{'role':'user','content':'c'}],'rejected':'d'} | has messages as \"chosen\", and there is no chat template; give texts.",
        "{'chosen':'','rejected':'d'} | an answer is empty",
        "{'prompt':'x','chosen':3,'rejected':'d'} | of type NUMBER",
      })
  void otherRowsAreRefused(String line, String message) throws IOException {
    Table table = table("a.jsonl", line.replace('\'', '"'));

    assertThatThrownBy(() -> rows(9).pairs(table))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("a.jsonl")
        .hasMessageContaining(message);
  }

  @Test
  void otherLabelsAreRefused() throws IOException {
    Table label = table("a.csv", "completion,label", "xy,maybe");
    Table none = table("b.csv", "completion,stars", "xy,3");

    assertThatThrownBy(() -> rows(9).rated(label))
        .hasMessageContaining("is maybe; allowed: true for a good answer, false for a bad one.");
    assertThatThrownBy(() -> rows(9).rated(none))
        .hasMessageContaining("has neither \"completion\" with \"label\" nor");
    assertThatThrownBy(() -> rows(1)).hasMessageContaining("The sequence length is 1");
  }
}
