package org.peft4j.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonReader;
import org.peft4j.safetensors.SafetensorsFile;

/** Files that are not what their names say, as users have them. */
class WrongContentTest {
  private final Path folder;

  WrongContentTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "version https://git-lfs.github.com/spec/v1\\noid sha256:00 | It is a Git LFS pointer",
        "<!DOCTYPE html><html><body>404</body></html>              | It is an HTML page",
        "  <HTML lang=\"en\">                                      | It is an HTML page",
        "GGUF____                                                   | It is a GGUF file",
      })
  void isRecognisedInPlaceOfJsonAndTensors(String content, String told) throws IOException {
    byte[] bytes = content.replace("\\n", "\n").getBytes(StandardCharsets.ISO_8859_1);
    Path json = Files.write(folder.resolve("config.json"), bytes);
    Path tensors = Files.write(folder.resolve("model.safetensors"), bytes);

    assertThatThrownBy(() -> JsonReader.upTo(1000, 1000).read(json))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(told)
        .hasMessageContaining(json.toString());
    assertThatThrownBy(() -> SafetensorsFile.open(tensors))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(told)
        .hasMessageContaining(tensors.toString());
  }

  @Test
  void picklesAndArchivesAreTold() {
    assertThat(WrongContent.of(new byte[] {'P', 'K', 3, 4, 20}))
        .get()
        .asString()
        .contains("pickle");
    assertThat(WrongContent.of(new byte[] {(byte) 0x80, 2, '}'}))
        .get()
        .asString()
        .contains("pickle");
    assertThat(WrongContent.of(new byte[] {0x1f, (byte) 0x8b})).get().asString().contains("gzip");
    assertThat(WrongContent.of(new byte[0])).isEmpty();
    assertThat(WrongContent.of("{}".getBytes(StandardCharsets.US_ASCII))).isEmpty();
  }

  /** Headers of 640 and 35,615 bytes, whose lengths begin as a pickle and as gzip do. */
  @Test
  void theLengthOfASafetensorsHeaderIsNoOtherFile() {
    byte[] pickle = {(byte) 0x80, 2, 0, 0, 0, 0, 0, 0, '{', '"'};
    byte[] gzip = {0x1f, (byte) 0x8b, 0, 0, 0, 0, 0, 0, ' ', '{'};

    assertThat(WrongContent.of(pickle)).isEmpty();
    assertThat(WrongContent.of(gzip)).isEmpty();
  }
}
