package org.peft4j.transformers.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;

/** Damaged {@code generation_config.json}: refused, or read as settings that are allowed. */
class GenerationFuzzTest {
  private static final String SOUND =
      """
      {"do_sample": true, "temperature": 0.7, "top_p": 0.9, "top_k": 50, "bos_token_id": 1,
       "eos_token_id": [2, 3], "pad_token_id": 0, "max_new_tokens": 30, "max_length": 40,
       "repetition_penalty": 1.1, "transformers_version": "5.18.0"}
      """;

  private final Path folder;

  GenerationFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void damagedSettingsAreRefusedOrRead() throws IOException {
    Mutations mutations = new Mutations(20_240_306, Mutations.JSON);
    int inputs = Mutations.inputs(5_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      byte[] bytes =
          mutations.below(4) > 0
              ? mutations.ofValues(SOUND).getBytes(StandardCharsets.UTF_8)
              : mutations.of(SOUND.getBytes(StandardCharsets.UTF_8));
      Mutations.write(folder.resolve("generation_config.json"), bytes);
      read += reads() ? 1 : 0;
    }
    assertThat(read).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private boolean reads() {
    try {
      assertThat(GenerationFile.read(folder)).isNotNull();
      return true;
    } catch (PeftException expected) {
      return false;
    }
  }
}
