package org.peft4j.transformers.family;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.architecture.ModelArchitecture;

/** Damaged {@code config.json} of every family: refused, or described at a bounded cost. */
class ConfigFuzzTest {
  private final Path file;

  ConfigFuzzTest(@TempDir Path folder) {
    this.file = folder.resolve("config.json");
  }

  private static String config(String base) {
    try {
      return Files.readString(Golden.base(base).resolve("config.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void damagedConfigsAreRefusedOrDescribed() throws IOException {
    List<String> seeds =
        Stream.of(
                "llama",
                "llama_rope_llama3",
                "llama_classifier",
                "mistral",
                "qwen2",
                "gemma3",
                "phi3_long",
                "granite",
                "smollm3",
                "gpt2",
                "gpt_neo",
                "gpt_neox_series",
                "gptj",
                "bloom",
                "falcon_new",
                "opt")
            .map(ConfigFuzzTest::config)
            .toList();
    Mutations mutations = new Mutations(20_240_303, Mutations.JSON);
    int inputs = Mutations.inputs(5_000);
    int read = 0;
    for (int i = 0; i < inputs; i++) {
      String seed = seeds.get(mutations.below(seeds.size()));
      byte[] bytes =
          mutations.below(4) > 0
              ? mutations.ofValues(seed).getBytes(StandardCharsets.UTF_8)
              : mutations.of(seed.getBytes(StandardCharsets.UTF_8));
      Mutations.write(file, bytes);
      long started = System.nanoTime();
      read += describes() ? 1 : 0;
      assertThat(System.nanoTime() - started)
          .as("time of %s", new String(bytes, StandardCharsets.UTF_8))
          .isLessThan(Mutations.MAX_TIME.toNanos());
    }
    assertThat(read).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private boolean describes() {
    try {
      ModelArchitecture model = Families.read(file);
      assertThat(model.sites()).isNotEmpty();
      return true;
    } catch (PeftException expected) {
      return false;
    }
  }
}
