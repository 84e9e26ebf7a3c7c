package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.internal.json.JsonWriter;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

class RandomCheckpointTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama_biases", "mistral", "qwen2", "gpt2"})
  void everyFamilyIsWrittenAndLoaded(String base) {
    RandomCheckpoint.init(Golden.base(base).resolve("config.json"), folder.resolve("new"), 7);

    try (CausalLanguageModel fresh = Transformers.load(folder.resolve("new"));
        CausalLanguageModel golden = Transformers.load(Golden.base(base))) {
      assertThat(fresh.architecture()).isEqualTo(golden.architecture());
      assertThat(fresh.parameterCount()).isEqualTo(golden.parameterCount());
    }
  }

  @Test
  void sameSeedGivesTheSameFileAndAnotherSeedAnother() throws IOException {
    Path config = Golden.base("gpt2").resolve("config.json");
    RandomCheckpoint.init(config, folder.resolve("a"), 7);
    RandomCheckpoint.init(config, folder.resolve("b"), 7);
    RandomCheckpoint.init(config, folder.resolve("c"), 8);

    Path a = folder.resolve("a/model.safetensors");
    assertThat(Files.mismatch(a, folder.resolve("b/model.safetensors"))).isEqualTo(-1);
    assertThat(Files.mismatch(a, folder.resolve("c/model.safetensors"))).isNotEqualTo(-1);
  }

  @Test
  void valuesAreDistributedAsTheReferenceInitialisesThem() {
    ObjectNode json = CheckpointFiles.JSON.readObject(Golden.base("gpt2").resolve("config.json"));
    json.put("initializer_range", 0.1).put("n_embd", 64).put("n_layer", 2);
    Path config = folder.resolve("small.json");
    JsonWriter.write(config, json);
    RandomCheckpoint.init(config, folder.resolve("new"), 1);

    Path file = folder.resolve("new/model.safetensors");
    assertNormal(Golden.floats(file, "transformer.h.0.attn.c_attn.weight"), 0.1);
    assertNormal(Golden.floats(file, "transformer.h.1.mlp.c_proj.weight"), 0.05);
    assertThat(Golden.floats(file, "transformer.h.0.ln_1.weight").minNumber().intValue()).isOne();
    assertThat(Golden.floats(file, "transformer.h.0.ln_1.bias").amaxNumber().doubleValue())
        .isZero();
    assertThat(Golden.floats(file, "transformer.h.0.mlp.c_fc.bias").amaxNumber().doubleValue())
        .isZero();
  }

  @Test
  void embeddingOfThePaddingTokenIsZero() {
    ObjectNode json = CheckpointFiles.JSON.readObject(Golden.base("llama").resolve("config.json"));
    Path config = folder.resolve("small.json");
    JsonWriter.write(config, json.put("pad_token_id", 3));
    RandomCheckpoint.init(config, folder.resolve("new"), 1);

    INDArray table =
        Golden.floats(folder.resolve("new/model.safetensors"), "model.embed_tokens.weight");
    assertThat(table.getRow(3).amaxNumber().doubleValue()).isZero();
    assertThat(table.getRow(2).amaxNumber().doubleValue()).isPositive();
  }

  @Test
  void unsupportedConfigIsRefusedByItsOwnName() throws IOException {
    Path config = Files.writeString(folder.resolve("other.json"), "{\"model_type\": \"xlnet\"}");

    assertThatThrownBy(() -> RandomCheckpoint.init(config, folder.resolve("new"), 1))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("other.json: model_type \"xlnet\" is not supported");
    assertThat(folder.resolve("new")).doesNotExist();
  }

  private static void assertNormal(INDArray values, double deviation) {
    // About five standard errors of each estimate.
    double error = 5 * deviation / Math.sqrt(values.length());
    assertThat(values.meanNumber().doubleValue()).isCloseTo(0, within(error));
    assertThat(values.stdNumber().doubleValue()).isCloseTo(deviation, within(error));
    assertThat(values.amaxNumber().doubleValue()).isLessThan(6 * deviation);
  }
}
