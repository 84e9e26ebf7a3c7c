package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.prompt.tuning.PromptTuningConfig;

/** A prompt that begins as a text begins with the embeddings that the model looks up. */
class PromptStartTest {
  /**
   * Gemma's table scales its rows by √16, so a prompt does too; Granite scales prompts as it scales
   * tokens, after the look-up.
   */
  @ParameterizedTest
  @CsvSource({
    "gemma, 4, model.embed_tokens.weight",
    "gemma3, 4, model.embed_tokens.weight",
    "granite, 1, model.embed_tokens.weight",
    "gpt2, 1, transformer.wte.weight"
  })
  void rowsOfATextAreScaledAsLookUpsAre(String base, double factor, String table) {
    PromptTuningConfig config =
        PromptTuningConfig.builder().virtualTokens(2).initFromTokens(List.of(9, 5)).build();
    INDArray rows = Golden.floats(Golden.base(base).resolve("model.safetensors"), table);
    try (TransformerModel model = Golden.open(base);
        PeftModel<ComputationGraph> peft = Peft.wrap(model.graph(), config)) {
      INDArray prompt = peft.adapter("default").tensors().values().iterator().next();

      assertThat(prompt.getRow(0)).isEqualTo(rows.getRow(9).mul(factor));
      assertThat(prompt.getRow(1)).isEqualTo(rows.getRow(5).mul(factor));
    }
  }
}
