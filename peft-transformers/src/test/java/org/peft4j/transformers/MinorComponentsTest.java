package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.internal.files.AdapterFiles;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.method.TensorPlace;

/** MiCA: B begins as the minor components of the weight, as in Python, and stays so. */
class MinorComponentsTest {
  private static final List<String> BS = List.of("lora_B.weight", "lora_embedding_B");

  private static boolean isB(String key) {
    return BS.stream().anyMatch(key::endsWith);
  }

  /** Signs of singular vectors are arbitrary. */
  @ParameterizedTest
  @ValueSource(strings = {"llama", "gpt2"})
  void itsFirstBIsPythonsAndAZero(String family) {
    Path saved = Golden.folder("initialization/" + family + "_mica").resolve("adapter");
    String base = family.equals("llama") ? "llama_biases" : family;
    try (CausalLanguageModel model = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> peft =
            Peft.wrap(model.graph(), AdapterFiles.readConfig(saved))) {
      peft.adapter(Peft.DEFAULT_ADAPTER)
          .tensors()
          .forEach(
              (key, value) -> {
                if (isB(key)) {
                  Path file = saved.resolve("adapter_model.safetensors");
                  assertSameUpToSigns(key, value, Golden.floats(file, key));
                } else {
                  assertThat(value.amaxNumber().doubleValue()).as(key).isZero();
                }
              });
    }
  }

  private static void assertSameUpToSigns(String key, INDArray value, INDArray expected) {
    INDArray product = value.transpose().mmul(expected);
    for (int i = 0; i < product.size(0); i++) {
      assertThat(Math.abs(product.getDouble(i, i))).as(key).isCloseTo(1, within(1e-4));
    }
  }

  @Test
  void itsBIsNoParameterOfTheNetworkButIsSavedAndLoaded(@TempDir Path folder) {
    LoraConfig config =
        LoraConfig.builder().rank(3).targetModules("q_proj").init(LoraInit.MICA).build();
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_biases"));
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      assertThat(peft.training().places().stream().map(TensorPlace::key))
          .isNotEmpty()
          .noneMatch(MinorComponentsTest::isB);
      peft.network().params().assign(0.25);
      peft.save(folder);
      peft.addAdapter("other", LoraConfig.builder().targetModules("q_proj").build());
      peft.setActive("other");
      peft.loadAdapter("again", folder);

      Map<String, INDArray> again = peft.adapter("again").tensors();
      peft.adapter(Peft.DEFAULT_ADAPTER)
          .tensors()
          .forEach((key, value) -> assertThat(again.get(key)).as(key).isEqualTo(value));
    }
  }

  @Test
  void aRankAboveTheWeightsAndDoraAreRefused() {
    LoraConfig.Builder config = LoraConfig.builder().targetModules("q_proj").init(LoraInit.MICA);
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama_biases"))) {
      assertThatThrownBy(() -> Peft.wrap(model.graph(), config.rank(33).build()))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("init_lora_weights mica needs a rank of at most 32");
    }
    assertThatThrownBy(() -> config.rank(4).dora(true).build())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("init_lora_weights mica does not go with use_dora");
  }
}
