package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextTokensTest {
  private final Path file;

  TextTokensTest(@TempDir Path folder) {
    file = folder.resolve("data.txt");
  }

  @Test
  void aTextIsCutIntoWholeBlocks() throws IOException {
    Files.writeString(file, "abcdefgh");
    TextEncoder characters = text -> text.chars().toArray();

    TrainingData data = TextTokens.read(file, characters).blocks(3);

    assertThat(data.size()).isEqualTo(2);
    assertThat(data.batch(1).inputIds()[0]).containsExactly('d', 'e', 'f');
    assertThat(data.batch(1).labels()[0]).containsExactly('d', 'e', 'f');
    assertThat(data.labelled()).isEqualTo(4);
    assertThat(data.batch(0, 1).isPadded()).isFalse();
  }

  @Test
  void aShortTextIsOneShortBlock() {
    assertThat(TextTokens.of(5, 6, 7).blocks(256).batch(0).inputIds()[0]).containsExactly(5, 6, 7);
  }

  @Test
  void partsAreOfTokensAndNotOfBlocks() {
    TextTokens text = TextTokens.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);

    assertThat(text.first(0.75).count()).isEqualTo(7);
    assertThat(text.after(0.75).blocks(3).batch(0).inputIds()[0]).containsExactly(7, 8, 9);
    assertThat(text.first(1).count()).isEqualTo(10);
  }

  @Test
  void impossibleNumbersAreRefused() {
    TextTokens text = TextTokens.of(1, 2, 3);

    assertThatThrownBy(() -> text.blocks(1))
        .hasMessage("The sequence length is 1; allowed: 2 and above.");
    assertThatThrownBy(() -> text.first(0))
        .hasMessage("fraction is 0.0; allowed: above 0, at most 1.");
    assertThatThrownBy(() -> text.after(1).blocks(3))
        .hasMessageContaining("The text has 0 tokens; at least two");
  }

  @Test
  void whatIsNotUtf8IsRefused() throws IOException {
    Files.write(file, new byte[] {(byte) 0xff, 0x41});
    TextEncoder characters = text -> text.chars().toArray();

    assertThatThrownBy(() -> TextTokens.read(file, characters))
        .hasMessage(file + " is not UTF-8 text; convert it first.");
  }
}
