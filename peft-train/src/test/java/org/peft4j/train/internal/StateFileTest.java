package org.peft4j.train.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.peft4j.error.PeftException;

class StateFileTest {
  private static final String WHOLE =
      "{\"step\":2,\"active\":[\"default\"],\"settings\":{\"steps\":2,\"learningRate\":0.01,"
          + "\"schedule\":\"LINEAR\",\"shuffle\":true},\"dataChecksum\":9,"
          + "\"dataPosition\":{\"step\":2},\"maskSeed\":5,\"maskPasses\":32}";

  private final Path folder;

  StateFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void whatIsWrittenIsRead() {
    Position position =
        new Position(
            7,
            List.of("a", "b"),
            Map.of("steps", 3L, "learningRate", 1e-4, "shuffle", false, "schedule", "COSINE"),
            1L << 31,
            Map.of("step", 7L),
            -5,
            1L << 40);

    StateFile.write(folder, position);

    assertThat(StateFile.read(folder)).isEqualTo(position);
  }

  @Test
  void numbersAreReadAsTheyAre() throws IOException {
    assertThat(read(WHOLE).settings())
        .containsExactly(
            Map.entry("steps", 2L),
            Map.entry("learningRate", 0.01),
            Map.entry("schedule", "LINEAR"),
            Map.entry("shuffle", true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '´',
      value = {
        "\"step\":2,\"active\" | \"step\":-1,\"active\" | step is -1; needed: a whole number, 0 and above.",
        "\"step\":2,\"active\" | \"step\":2.5,\"active\" | step is 2.5; needed: a whole number, 0",
        "\"step\":2,\"active\" | \"step\":1e30,\"active\" | step is 1.0E30; needed",
        "\"step\":2,\"active\" | \"step\":9223372036854775808,\"active\" | step is 9223372036854775808; needed",
        "\"step\":2,\"active\" | \"step\":\"2\",\"active\" | step is \"2\"; needed",
        "\"step\":2,\"active\" | \"active\" | step is missing; needed",
        "\"step\":2,\"active\" | \"step\":2,\"step\":3,\"active\" | Duplicate field 'step'",
        "[\"default\"] | [4294967296] | active[0] is 4294967296; needed: an adapter's name.",
        "[\"default\"] | \"default\" | active is \"default\"; needed: an array",
        "[\"default\"] | [\"a\",[]] | active[1] is []; needed",
        "0.01 | [0.01] | settings.learningRate is [0.01]; needed",
        "0.01 | null | settings.learningRate is null; needed",
        "{\"step\":2} | 2 | dataPosition is 2; needed: an object.",
        "{\"step\":2} | {\"step\":true} | dataPosition.step is true; needed: a whole number.",
        "32 | -32 | maskPasses is -32; needed: a whole number, 0 and above.",
        "\"maskSeed\":5 | \"maskSeed\":null | maskSeed is null; needed: a whole number.",
        "\"maskSeed\":5 | \"maskSeed\":5,\"more\":1 | \"more\" is unknown.",
        "32} | 32} {} | is not valid JSON",
        "32} | 32 | is not valid JSON",
      })
  void aBrokenFieldIsNamedWithItsValue(String from, String to, String message) {
    assertThatThrownBy(() -> read(WHOLE.replace(from, to)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(StateFile.NAME)
        .hasMessageContaining(message);
  }

  @Test
  void allProblemsAreNamedAtOnce() {
    assertThatThrownBy(() -> read("{\"step\":-1}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(
            "step is -1",
            "active is missing",
            "settings is missing",
            "dataChecksum is missing",
            "dataPosition is missing",
            "maskSeed is missing",
            "maskPasses is missing");
  }

  @ParameterizedTest
  @CsvSource({"null, holds null", "[], holds []", "7, holds 7", "'', holds"})
  void anythingButAnObjectIsRefused(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("needed: a JSON object");
  }

  @Test
  void deepAndLargeFilesAreRefused() {
    assertThatThrownBy(() -> read("[".repeat(1000)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("depth");
    assertThatThrownBy(() -> read(" ".repeat(1 << 20) + WHOLE))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("allowed: up to 1048576.");
  }

  private Position read(String json) throws IOException {
    Files.writeString(folder.resolve(StateFile.NAME), json);
    return StateFile.read(folder);
  }
}
