package org.peft4j.transformers.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.CausalLanguageModel;
import org.peft4j.transformers.Golden;
import org.peft4j.transformers.Transformers;

/** A merged checkpoint, loaded again, gives what base model and adapter give. */
class MergedCheckpointTest {
  @TempDir
  @SuppressWarnings("NullAway.Init")
  Path folder;

  @ParameterizedTest
  @CsvSource({
    "llama_all_seven, false",
    "gpt2_c_attn, true",
    "gpt2_bias_all, true",
    "qwen2_bias_lora_only, true",
    "llama_embedding_tied, false",
    "gpt2_embedding, false",
    "models/tied_saved, true",
    "models/tied_lora, true",
    "models/tied_tokens, true",
    "llama_embedding_untied, false",
    "llama_modules_to_save_head, false",
    "models/llama_own_head, false",
    "models/gpt2_own_head, false",
    "models/opt_own_head, false",
  })
  void outputsAreThoseOfTheAdaptedModel(String name, boolean tied) throws IOException {
    Path golden = Golden.folder(name);
    String base =
        new JsonMapper().readTree(golden.resolve("case.json").toFile()).path("base").asText();
    INDArray ids = Golden.integers(golden.resolve("inputs.safetensors"), "input_ids");
    INDArray adapted;
    try (CausalLanguageModel model = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> peft = Peft.load(model.graph(), golden.resolve("adapter"))) {
      INDArray before = model.graph().output(ids)[0];
      adapted = peft.network().output(ids)[0];
      CheckpointWriter.of(model).merging(peft).write(folder.resolve("merged"));

      assertThat(model.graph().output(ids)[0]).isEqualTo(before);
      assertThat(peft.network().output(ids)[0]).isEqualTo(adapted);
    }

    try (CausalLanguageModel merged = Transformers.load(folder.resolve("merged"))) {
      INDArray difference = merged.graph().output(ids)[0].sub(adapted);
      double relative = difference.amaxNumber().doubleValue() / adapted.amaxNumber().doubleValue();
      assertThat(relative).isLessThan(1e-5);
      assertThat(merged.architecture().head().tied()).isEqualTo(tied);
    }
  }

  @Test
  void adaptersOfAnotherModelAreRefused() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"));
        CausalLanguageModel other = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> peft =
            Peft.load(other.graph(), Golden.folder("llama_all_seven").resolve("adapter"))) {
      assertThatThrownBy(() -> CheckpointWriter.of(model).merging(peft))
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("give the model that they wrap");
    }
  }
}
