package org.peft4j.internal.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.peft4j.error.PeftException;

/** What a reader takes from a file, and what it refuses with the file's name and the reason. */
class JsonReaderTest {
  private static final int BYTES = 100_000;
  private static final JsonReader READER = JsonReader.upTo(BYTES, 1000);

  private final Path file;

  JsonReaderTest(@TempDir Path folder) {
    this.file = folder.resolve("file.json");
  }

  record Point(int x, List<Integer> more) {}

  static Stream<Arguments> refused() {
    return Stream.of(
        Arguments.of("", "is not a JSON object"),
        Arguments.of("  ", "is not a JSON object"),
        Arguments.of("[1]", "is not a JSON object"),
        Arguments.of("null", "is not a JSON object"),
        Arguments.of("{", "is not valid JSON: Unexpected end-of-input"),
        Arguments.of("{'a': 1}", "is not valid JSON: Unexpected character"),
        Arguments.of("{\"a\": 01}", "is not valid JSON: Invalid numeric value"),
        Arguments.of("{\"a\": NaN}", "is not valid JSON: Non-standard token"),
        Arguments.of("{\"a\": 1} // why", "is not valid JSON: Unexpected character"),
        Arguments.of("{\"a\": 1} {}", "is not valid JSON: Trailing token"),
        Arguments.of("{\"a\": 1, \"a\": 2}", "is not valid JSON: Duplicate field 'a'"),
        Arguments.of("{\"a\": {\"b\": 1, \"b\": 1}}", "is not valid JSON: Duplicate field 'b'"),
        Arguments.of(
            "{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}", "nesting depth (65) exceeds"),
        Arguments.of("{\"a\": \"" + "x".repeat(1001) + "\"}", "exceeds the maximum allowed (1000"),
        Arguments.of("{\"" + "x".repeat(10_001) + "\": 1}", "exceeds the maximum allowed (10000"),
        Arguments.of("{\"a\": " + "1".repeat(101) + "}", "exceeds the maximum allowed (100"),
        Arguments.of(" ".repeat(BYTES - 1) + "{}", "has 100001 bytes; allowed: up to 100000."),
        Arguments.of("{\"a\": \"\u0000\"}", "is not valid JSON: Illegal unquoted character"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNoBoundedObjectIsRefusedWithFileAndReason(String text, String reason)
      throws IOException {
    Files.writeString(file, text);

    assertThatThrownBy(() -> READER.readObject(file))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith(file + " ")
        .hasMessageContaining(reason);
  }

  @Test
  void brokenUtf8IsRefused() throws IOException {
    byte[] bytes = "{\"a\": \"?\"}".getBytes(StandardCharsets.ISO_8859_1);
    bytes[7] = (byte) 0xff;
    Files.write(file, bytes);

    assertThatThrownBy(() -> READER.readObject(file))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("is not valid JSON: Invalid UTF-8");
  }

  @Test
  void whatIsNotThereOrNoRegularFileIsRefused() {
    Path folder = file.resolveSibling(".");

    assertThatThrownBy(() -> READER.read(file)).hasMessage("There is no file " + file + ".");
    assertThatThrownBy(() -> READER.read(folder)).hasMessage(folder + " is not a regular file.");
    assertThatThrownBy(() -> READER.read(Path.of("/dev/zero"))).isInstanceOf(PeftException.class);
  }

  @Test
  void whatIsWithinTheLimitsIsReadInItsOrder() throws IOException {
    String text =
        "{\"b\": %s, \"a\": \"%s\"}".formatted("[".repeat(63) + "]".repeat(63), "x".repeat(1000));
    Files.writeString(file, text + " ".repeat(BYTES - text.length()));

    assertThat(READER.readObject(file).fieldNames()).toIterable().containsExactly("b", "a");
  }

  @Test
  void aTextIsReadOrRefusedWithItsPlace() {
    assertThat(READER.parse("[1]", "line 1").path(0).intValue()).isEqualTo(1);
    assertThatThrownBy(() -> READER.parse("[1", "line 7"))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("line 7 is not valid JSON: ");
  }

  @Test
  void aTextThatMayBeJsonIsEmptyIfItIsNot() {
    assertThat(READER.tryParse("true").orElseThrow().booleanValue()).isTrue();
    assertThat(READER.tryParse("true x")).isEmpty();
    assertThat(READER.tryParse("q_proj")).isEmpty();
    assertThat(READER.tryParse("")).isEmpty();
  }

  @Test
  void aRecordIsReadAsItWasWrittenAndNeedsFieldsOfItsTypes() throws IOException {
    Point point = new Point(3, List.of(1, 2));
    JsonWriter.write(file, point);
    assertThat(READER.read(file, Point.class)).isEqualTo(point);

    for (String broken :
        List.of(
            "{\"x\": \"a\", \"more\": []}", "{\"x\": 1, \"more\": [], \"y\": 2}", "{\"x\": 1}")) {
      Files.writeString(file, broken);
      assertThatThrownBy(() -> READER.read(file, Point.class))
          .as(broken)
          .isInstanceOf(PeftException.class)
          .hasMessageStartingWith(file + " is broken: ");
    }
  }
}
