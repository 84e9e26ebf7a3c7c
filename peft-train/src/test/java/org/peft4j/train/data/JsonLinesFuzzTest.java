package org.peft4j.train.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;

/** Damaged data files: refused, or read as rows that can be batched. */
class JsonLinesFuzzTest {
  private static final JsonLines LINES = new JsonLines(text -> text.chars().toArray(), 2, 0, 16);
  private static final byte[] SOUND =
      ("{\"text\": \"ab\\u00e9\"}\r\n\n{\"prompt\": \"a \", \"completion\": \"b\", \"task_id\": 3}\n"
              + "{\"text\": \"c\", \"label\": \"x\", \"more\": [1, {\"y\": null}]}")
          .getBytes(StandardCharsets.UTF_8);

  private final Path file;

  JsonLinesFuzzTest(@TempDir Path folder) {
    file = folder.resolve("data.jsonl");
  }

  @Test
  void damagedLinesAreRefusedOrRead() throws IOException {
    Mutations mutations = new Mutations(20_240_305, Mutations.JSON);
    int inputs = Mutations.inputs(5_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      Mutations.write(file, mutations.of(SOUND));
      read += reads() ? 1 : 0;
    }
    assertThat(read).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private boolean reads() {
    try {
      TrainingData data = LINES.read(file);
      assertThat(data.batch(0).labelled()).isNotNegative();
      return true;
    } catch (PeftException expected) {
      return false;
    }
  }
}
