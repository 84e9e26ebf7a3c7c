package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.eva.EvaInitialiser;
import org.peft4j.lora.eva.EvaSettings;

/** EVA gives the ranks that Hugging Face PEFT gives, and the exact components. */
class EvaTest {
  private static final Path FOLDER = Golden.folder("eva/llama");

  @Test
  void ranksAndComponentsAreTheExactOnes() throws IOException {
    JsonNode json = new JsonMapper().readTree(FOLDER.resolve("case.json").toFile());
    INDArray ids = Golden.integers(FOLDER.resolve("inputs.safetensors"), "input_ids");
    INDArray mask = Golden.integers(FOLDER.resolve("inputs.safetensors"), "attention_mask");
    INDArray labels = Golden.integers(FOLDER.resolve("inputs.safetensors"), "labels");
    int time = (int) ids.size(1);
    boolean[] rows = new boolean[(int) ids.length()];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = mask.getInt(i / time, i % time) == 1 && labels.getInt(i / time, i % time) != -100;
    }
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> model =
            Peft.wrap(
                base.graph(),
                LoraConfig.builder()
                    .rank(3)
                    .alpha(6)
                    .targetModules("q_proj", "o_proj", "down_proj")
                    .build())) {
      EvaInitialiser eva = new EvaInitialiser(model, Peft.DEFAULT_ADAPTER, EvaSettings.DEFAULT);
      eva.observe(
          () -> model.network().output(false, new INDArray[] {ids}, new INDArray[] {mask}), rows);
      eva.apply();
      Map<String, INDArray> tensors = model.tensors(Peft.DEFAULT_ADAPTER);
      assertThat(tensors).hasSize(2 * json.path("ranks").size());
      for (var rank : json.path("ranks").properties()) {
        INDArray a =
            java.util.Objects.requireNonNull(
                tensors.get("base_model.model." + rank.getKey() + ".lora_A.weight"));
        assertThat(a.size(0)).as(rank.getKey()).isEqualTo(rank.getValue().asInt());
        Path expected = FOLDER.resolve("expected.safetensors");
        String key = "exact_components." + rank.getKey();
        if (!Golden.has(expected, key)) {
          continue;
        }
        INDArray exact = Golden.floats(expected, key);
        for (int i = 0; i < a.size(0); i++) {
          double cosine = a.getRow(i).mul(exact.getRow(i)).sumNumber().doubleValue();
          assertThat(Math.abs(cosine)).as(key + " " + i).isGreaterThan(1 - 1e-4);
        }
      }
    }
  }
}
