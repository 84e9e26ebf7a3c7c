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
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.RunHistory;

class StateFileTest {
  private static final String WHOLE =
      "{\"history\":{\"steps\":2,\"tokens\":70,\"seconds\":0.5,\"evaluations\":[{\"step\":1,"
          + "\"evaluation\":{\"loss\":3.5,\"predictions\":9,\"values\":{\"a/b\":0.25}}}]},\"active\":[\"default\"],\"settings\":{\"steps\":2,\"learningRate\":0.01,"
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
            new RunHistory(
                7,
                1L << 40,
                2.5,
                List.of(
                    new StepEvaluation(
                        3, new Evaluation(0.1 + 0.2, 17, Map.of("rewards/margins", -0.1))),
                    new StepEvaluation(6, new Evaluation(Double.POSITIVE_INFINITY, 17)))),
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
        "\"steps\":2 | \"steps\":-1 | history.steps is -1; needed: a whole number, 0 and above.",
        "\"steps\":2 | \"steps\":2.5 | history.steps is 2.5; needed: a whole number, 0",
        "\"steps\":2 | \"steps\":1e30 | history.steps is 1.0E30; needed",
        "\"steps\":2 | \"steps\":9223372036854775808 | history.steps is 9223372036854775808; needed",
        "\"steps\":2 | \"steps\":\"2\" | history.steps is \"2\"; needed",
        "\"steps\":2, | ´´ | history.steps is missing; needed",
        "\"steps\":2 | \"steps\":2,\"steps\":3 | Duplicate field 'steps'",
        "\"tokens\":70 | \"tokens\":-70 | history.tokens is -70; needed",
        "0.5 | -0.5 | history.seconds is -0.5; needed: a number, 0 and above.",
        "0.5 | 1e999 | history.seconds is \"Infinity\"; needed",
        "\"step\":1, | ´´ | history.evaluations[0].step is missing; needed",
        "3.5 | \"3.5\" | history.evaluations[0].evaluation.loss is \"3.5\"; needed: a number.",
        "\"predictions\":9 | \"predictions\":-9 | history.evaluations[0].evaluation.predictions is -9",
        "0.25 | true | history.evaluations[0].evaluation.values.a/b is true; needed: a number.",
        "{\"a/b\":0.25} | 8 | history.evaluations[0].evaluation.values is 8; needed: an object.",
        "\"evaluations\":[ | \"evaluations\":3,\"x\":[ | history.evaluations is 3; needed: an array.",
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
    assertThatThrownBy(() -> read("{\"dataChecksum\":0.5}"))
        .isInstanceOf(PeftException.class)
        .hasMessageContainingAll(
            "history is missing",
            "active is missing",
            "settings is missing",
            "dataChecksum is 0.5",
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
