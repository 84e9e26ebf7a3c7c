package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.quantization.Quantization;

/**
 * With gradient checkpointing a block runs again without its last product, unless something at that
 * module records for the backward pass: factors of outputs, or products with dropped inputs.
 */
class CheckpointedRecordsTest {
  private static PeftConfig config(String method) {
    LoraConfig.Builder lora = LoraConfig.builder().rank(4).targetModules("all-linear");
    return switch (method) {
      case "dora" -> lora.dora(true).init(LoraInit.RANDOM).build();
      case "dropped dora" -> lora.dora(true).init(LoraInit.RANDOM).dropout(0.3).build();
      case "pissa dora" -> lora.dora(true).init(LoraInit.PISSA).dropout(0.3).build();
      case "loftq" -> lora.init(LoraInit.LOFTQ).dropout(0.3).build();
      default -> Ia3Config.builder().targetModules("all-linear").build();
    };
  }

  private static INDArray trained(
      String base, String method, boolean checkpointing, boolean quantized) {
    TransformerOptions plain =
        TransformerOptions.defaults().withGradientCheckpointing(checkpointing);
    INDArray ids = Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5, 9}, {2, 7, 1, 8, 2, 8}});
    try (CausalLanguageModel model =
            Transformers.load(
                Golden.base(base), quantized ? plain.withQuantization(Quantization.nf4()) : plain);
        PeftModel<ComputationGraph> adapted = Peft.wrap(model.graph(), config(method), 5)) {
      INDArray first = adapted.network().params().dup();
      for (int step = 0; step < 3; step++) {
        adapted.network().fit(new MultiDataSet(new INDArray[] {ids}, new INDArray[] {ids}));
      }
      assertThat(adapted.network().params()).isNotEqualTo(first);
      return adapted.network().params().dup();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "llama, dora, false", "llama, dora, true", "llama, dropped dora, true",
    "llama, pissa dora, true", "llama, loftq, false", "llama, ia3, false",
    "gpt2, dora, true", "gpt2, dropped dora, false", "gpt2, ia3, true"
  })
  void gradientsAreTheSameBitForBit(String base, String method, boolean quantized) {
    assertThat(trained(base, method, true, quantized))
        .isEqualTo(trained(base, method, false, quantized));
  }
}
