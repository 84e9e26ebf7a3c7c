package org.peft4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.testing.Mutations;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Transformers;

/** Damaged adapter configs of several methods beside sound tensors: refused, or loaded. */
class AdapterFuzzTest {
  private static final List<String> CASES =
      List.of(
          "llama_rank_alpha_pattern",
          "llama_layers_to_transform",
          "llama_regex",
          "dora/llama_dropout",
          "adalora/llama_defaults",
          "vera/llama_regenerated",
          "ia3/llama_feedforward",
          "lokr/llama_factored",
          "loha/llama_patterns",
          "trainable_tokens/llama_lora");

  private final Path folder;

  AdapterFuzzTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @Test
  void damagedConfigsAreRefusedOrLoaded() throws IOException {
    Mutations mutations = new Mutations(20_240_304, Mutations.JSON);
    int inputs = Mutations.inputs(1_500);
    int loaded = 0;
    try (CausalLanguageModel model = Transformers.load(Run.LLAMA);
        PeftModel<ComputationGraph> peft = Peft.bare(model.graph(), 1)) {
      for (int i = 0; i < inputs; i++) {
        String name = CASES.get(mutations.below(CASES.size()));
        copy(Run.GOLDEN.resolve(name).resolve("adapter"), mutations);
        loaded += loads(peft, i) ? 1 : 0;
      }
    }
    assertThat(loaded).isBetween(inputs / 100, inputs - inputs / 100);
  }

  private void copy(Path seed, Mutations mutations) throws IOException {
    String sound = Files.readString(seed.resolve("adapter_config.json"));
    byte[] bytes =
        mutations.below(4) > 0
            ? mutations.ofValues(sound).getBytes(StandardCharsets.UTF_8)
            : mutations.of(sound.getBytes(StandardCharsets.UTF_8));
    Files.write(folder.resolve("adapter_config.json"), bytes);
    Files.write(
        folder.resolve("adapter_model.safetensors"),
        Files.readAllBytes(seed.resolve("adapter_model.safetensors")));
  }

  private boolean loads(PeftModel<ComputationGraph> peft, int input) {
    long started = System.nanoTime();
    try {
      peft.loadAdapter("damaged", folder);
      peft.delete("damaged");
      return true;
    } catch (PeftException expected) {
      return false;
    } finally {
      assertThat(System.nanoTime() - started)
          .as("time of input %s", input)
          .isLessThan(Mutations.MAX_TIME.toNanos());
    }
  }
}
