package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.config.SpecialTokens;

/** A letter is a token here: a is 10, b is 11 … */
class PairLinesTest {
  private static final SpecialTokens TOKENS =
      new SpecialTokens(OptionalInt.empty(), List.of(1), OptionalInt.of(0), OptionalInt.of(7));

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private static int[] letters(String text) {
    return text.chars().map(c -> c - 'a' + 10).toArray();
  }

  private TokenBatch read(int length, String... lines) throws IOException {
    Path file = Files.write(folder.resolve("data.jsonl"), List.of(lines));
    TrainingData data = new PairLines(PairLinesTest::letters, TOKENS, 1, 0, length).read(file);
    int[] rows = {0, 1};
    return data.batch(Arrays.copyOf(rows, data.size()));
  }

  @Test
  void theDecoderReadsItsTargetOnePositionLater() throws IOException {
    TokenBatch batch =
        read(
            8,
            "{'source': 'abc', 'target': 'de'}".replace('\'', '"'),
            "",
            "{'source': 'b', 'target': 'fgh', 'other': 1}".replace('\'', '"'));

    assertThat(batch.inputIds()).isDeepEqualTo(new int[][] {{10, 11, 12}, {11, 0, 0}});
    assertThat(batch.attentionMask()).isDeepEqualTo(new int[][] {{1, 1, 1}, {1, 0, 0}});
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{13, 14, 1, -100}, {15, 16, 17, 1}});
    TokenBatch.DecoderInput decoder = batch.decoder().orElseThrow();
    assertThat(decoder.ids()).isDeepEqualTo(new int[][] {{7, 13, 14, 0}, {7, 15, 16, 17}});
    assertThat(decoder.mask()).isDeepEqualTo(new int[][] {{1, 1, 1, 0}, {1, 1, 1, 1}});
    assertThat(batch.labelled()).isEqualTo(7);
    assertThat(batch.tokens()).isEqualTo(4 + 7);
  }

  @Test
  void aTargetThatIsCutOffKeepsItsEnd() throws IOException {
    TokenBatch batch = read(3, "{\"source\": \"abcdef\", \"target\": \"abcdef\"}");

    assertThat(batch.inputIds()).isDeepEqualTo(new int[][] {{10, 11, 12}});
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{10, 11, 1}});
  }

  @Test
  void aLineOfAnotherKindIsNamed() {
    assertThatThrownBy(
            () -> read(8, "{\"source\": \"a\", \"target\": \"b\"}", "{\"text\": \"abc\"}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("line 2 has not both of \"source\" and \"target\"")
        .hasMessageContaining("Its fields: \"text\"");
  }

  @Test
  void targetsThatEndWithTheirLanguageAreNotGuessed() {
    assertThatThrownBy(
            () -> new PairLines(PairLinesTest::letters, TOKENS.beginningWithLast(), 1, 0, 8))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("end with their language");
  }
}
