package org.peft4j.train.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;
import org.peft4j.train.metrics.Evaluation;
import org.peft4j.train.metrics.FineTuningResult.StepEvaluation;
import org.peft4j.train.metrics.RunHistory;

/** Damaged {@code training_state.json}: refused, or read as a state that could be. */
class StateFuzzTest {
  private static final Position SOUND =
      new Position(
          new RunHistory(3, 40, 0.25, List.of(new StepEvaluation(2, new Evaluation(1.5, 8)))),
          List.of("default"),
          Map.of("steps", 4L, "learningRate", 0.5, "shuffle", true, "schedule", "LINEAR"),
          7,
          new TreeMap<>(Map.of("epoch", 1L, "row", 2L)),
          5,
          9);

  private final Path folder;

  StateFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void damagedStatesAreRefusedOrCouldBe() throws IOException {
    StateFile.write(folder, SOUND);
    Path file = folder.resolve(StateFile.NAME);
    String sound = Files.readString(file);
    Mutations mutations = new Mutations(20_240_302, Mutations.JSON);
    int inputs = Mutations.inputs(5_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      byte[] bytes =
          mutations.below(2) == 0
              ? mutations.ofValues(sound).getBytes(StandardCharsets.UTF_8)
              : mutations.of(sound.getBytes(StandardCharsets.UTF_8));
      Mutations.write(file, bytes);
      read += reads() ? 1 : 0;
    }
    assertThat(read).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private boolean reads() {
    try {
      Position position = StateFile.read(folder);
      assertThat(position.history().steps()).isNotNegative();
      assertThat(position.history().seconds()).isNotNegative().isFinite();
      assertThat(position.maskPasses()).isNotNegative();
      return true;
    } catch (PeftException expected) {
      return false;
    }
  }
}
