package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.TensorFile;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.TensorSource;

/**
 * Python's {@code save_embedding_layers} puts embeddings and heads beside the adapter, without a
 * word in its config.
 */
class SavedEmbeddingsTest {
  private static final String HEAD = "base_model.model.lm_head.weight";
  private static final String TABLE = "base_model.model.model.embed_tokens.weight";
  private static final Path CASE = Golden.folder("llama_modules_to_save_head");

  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  private final Map<String, INDArray> tensors = new LinkedHashMap<>();

  @BeforeEach
  void takeAnAdapterWhoseConfigDoesNotNameItsHead() throws IOException {
    String config = Files.readString(CASE.resolve("adapter/adapter_config.json"));
    Files.writeString(
        folder.resolve("adapter_config.json"),
        config.replaceFirst("\"modules_to_save\": \\[[^]]*]", "\"modules_to_save\": null"));
    Path weights = CASE.resolve("adapter/adapter_model.safetensors");
    try (TensorSource source = TensorSource.open(weights)) {
      source.tensors().keySet().forEach(key -> tensors.put(key, Golden.floats(weights, key)));
    }
  }

  private PeftModel<ComputationGraph> load(CausalLanguageModel model) {
    TensorFile.write(folder.resolve("adapter_model.safetensors"), tensors, Map.of());
    return Peft.load(model.graph(), folder);
  }

  @Test
  void aHeadOfItsOwnReplacesTheBaseModels() {
    INDArray ids = Golden.integers(CASE.resolve("inputs.safetensors"), "input_ids");
    INDArray mask = Golden.integers(CASE.resolve("inputs.safetensors"), "attention_mask");
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_biases"));
        PeftModel<ComputationGraph> peft = load(model)) {
      INDArray logits =
          peft.network().output(false, new INDArray[] {ids}, new INDArray[] {mask})[0];

      INDArray expected = Golden.floats(CASE.resolve("expected.safetensors"), "logits");
      assertThat(Golden.logitsError(logits, expected, mask)).isLessThan(1e-5);
    }
  }

  @Test
  void aCopyOfTheBaseModelsTableIsNotTrained() {
    Path base = Golden.base("llama_biases").resolve("model.safetensors");
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_biases"));
        PeftModel<ComputationGraph> before = load(model)) {
      tensors.put(TABLE, Golden.floats(base, "model.embed_tokens.weight"));
      try (PeftModel<ComputationGraph> after = load(model)) {
        assertThat(after.trainableParameters()).isEqualTo(before.trainableParameters());
      }
    }
  }

  static List<Arguments> asked() {
    String table = "model.embed_tokens.";
    return List.of(
        Arguments.of(LoraConfig.builder().targetModules("q_proj"), List.of(HEAD, TABLE)),
        Arguments.of(
            LoraConfig.builder().targetModules("embed_tokens"),
            List.of("base_model.model." + table + "base_layer.weight")),
        // The copy of the head is the adapter's own.
        Arguments.of(
            LoraConfig.builder().targetModules("q_proj").modulesToSave("lm_head"), List.of(TABLE)));
  }

  /** The keys are those of {@code get_peft_model_state_dict(…, save_embedding_layers=True)}. */
  @ParameterizedTest
  @MethodSource("asked")
  void theyAreSavedWhenAskedForAndNotTrainedWhenLoaded(
      LoraConfig.Builder config, List<String> keys) {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_biases"));
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config.build())) {
      peft.saveWithEmbeddings(folder);
      Path file = folder.resolve("adapter_model.safetensors");
      Set<String> own = peft.adapter(Peft.DEFAULT_ADAPTER).tensors().keySet();
      try (TensorSource source = TensorSource.open(file)) {
        assertThat(source.tensors().keySet().stream().filter(key -> !own.contains(key)))
            .containsExactlyInAnyOrderElementsOf(keys);
      }
      Path base = Golden.base("llama_biases").resolve("model.safetensors");
      for (String key : keys) {
        String name = key.replace("base_model.model.", "").replace("base_layer.", "");
        assertThat(Golden.floats(file, key)).isEqualTo(Golden.floats(base, name));
      }

      peft.loadAdapter("again", folder);
      assertThat(peft.adapter("again").tensors())
          .isEqualTo(peft.adapter(Peft.DEFAULT_ADAPTER).tensors());
    }
  }

  @Test
  void anotherNumberOfTokensIsNamedWithTheWayOut() {
    INDArray head = Objects.requireNonNull(tensors.get(HEAD));
    tensors.put(HEAD, Nd4j.concat(0, head, Nd4j.zeros(4, head.size(1))));
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_biases"))) {
      assertThatThrownBy(() -> load(model))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(
              "the adapter's model had 60 tokens, this one has 56: make a base model like the"
                  + " adapter's with peft resize");
    }
  }
}
