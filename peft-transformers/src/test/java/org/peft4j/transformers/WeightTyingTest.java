package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;

/**
 * {@code ensure_weight_tying}: which modules it ties, and what it refuses. Its numbers are those of
 * {@link AdapterParityTest}.
 */
class WeightTyingTest {
  private static LoraConfig.Builder tied(String... targets) {
    return LoraConfig.builder().rank(2).alpha(4).targetModules(targets).ensureWeightTying(true);
  }

  private static long trained(String base, LoraConfig config) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      return peft.trainableParameters().trainable();
    }
  }

  /** Widths are 32 and 24, the vocabulary 56; q_proj has 2 · 2 · 64 elements, c_attn 2 · 2 · 96. */
  static List<Arguments> ties() {
    return List.of(
        Arguments.of("llama", tied("embed_tokens"), 2 * (56 + 32)),
        Arguments.of("llama", tied("lm_head"), 2 * (56 + 32)),
        Arguments.of("llama", tied("q_proj", "model.embed_tokens"), 256 + 2 * (56 + 32)),
        Arguments.of("llama", tied("q_proj").modulesToSave("lm_head"), 256 + 56 * 32),
        Arguments.of(
            "llama", tied("q_proj").modulesToSave("embed_tokens", "lm_head"), 256 + 56 * 32),
        // Python goes by the names embed_tokens and lm_head, and leaves other tables untied.
        Arguments.of("gpt2", tied("lm_head"), 2 * (56 + 24)),
        Arguments.of("gpt2", tied("c_attn").modulesToSave("wte"), 384 + 56 * 24),
        Arguments.of("gpt2", tied("c_attn").modulesToSave("wte", "lm_head"), 384 + 56 * 24),
        // Nothing is tied in this model.
        Arguments.of("llama_biases", tied("lm_head"), 2 * (56 + 32)));
  }

  @ParameterizedTest
  @MethodSource("ties")
  void tiedModulesAreTrainedOnce(String base, LoraConfig.Builder config, long elements) {
    assertThat(trained(base, config.build())).isEqualTo(elements);
  }

  static List<Arguments> refused() {
    return List.of(
        Arguments.of(tied("lm_head").dora(true), "DoRA has norms of its own for each module"),
        Arguments.of(
            tied("lm_head").alphaPattern("lm_head", 9),
            "needs one rank and one alpha for model.embed_tokens and lm_head"),
        Arguments.of(
            tied("q_proj").tokenIndices(Map.of("embed_tokens", List.of(1), "lm_head", List.of(2))),
            "trainable_token_indices has other ids for"));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void whatCannotBeTiedIsRefused(LoraConfig.Builder config, String message) {
    LoraConfig made = config.build();
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(() -> Peft.wrap(model.graph(), made))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining(message);
    }
  }

  /** A saved adapter of Python's names the table of GPT-2, and its file has table and head. */
  @Test
  void aFileWithBothModulesIsTied(@TempDir Path folder) throws IOException {
    try (CausalLanguageModel model = Transformers.load(Golden.base("gpt2"));
        PeftModel<ComputationGraph> peft =
            Peft.wrap(model.graph(), tied("c_attn").modulesToSave("lm_head").build())) {
      peft.network().params().addi(0.01);
      peft.save(folder);
      Path config = folder.resolve("adapter_config.json");
      String text = Files.readString(config);
      Files.writeString(config, text.replace("\"lm_head\"", "\"transformer.wte\""));
      peft.loadAdapter("again", folder);

      Map<String, INDArray> again = peft.adapter("again").tensors();
      assertThat(again).isEqualTo(peft.adapter(Peft.DEFAULT_ADAPTER).tensors());
    }
  }

  @Test
  void twoAdaptersThatReplaceTheSharedTableAreNotActiveTogether() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> peft =
            Peft.wrap(model.graph(), tied("q_proj").modulesToSave("embed_tokens").build())) {
      peft.addAdapter(
          "head", LoraConfig.builder().targetModules("q_proj").modulesToSave("lm_head").build());

      assertThatThrownBy(() -> peft.setActive(Peft.DEFAULT_ADAPTER, "head"))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("both have a copy of lm_head.weight");
    }
  }
}
