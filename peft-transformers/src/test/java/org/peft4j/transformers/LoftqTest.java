package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoftQ;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.LoraInit;
import org.peft4j.quantization.Quantization;

/** LoftQ on whole models: nearer to the base than its quantised weights, and loaded again. */
class LoftqTest {
  private static final INDArray IDS =
      Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5, 9}, {2, 7, 1, 8, 2, 8}});

  private static LoraConfig config(int bits, int iterations) {
    return LoraConfig.builder()
        .rank(3)
        .alpha(6)
        .targetModules("all-linear")
        .init(LoraInit.LOFTQ)
        .loftq(new LoftQ(bits, iterations))
        .build();
  }

  private static INDArray outputs(String base, TransformerOptions options) {
    try (CausalLanguageModel model = Transformers.load(Golden.base(base), options)) {
      return model.graph().outputSingle(IDS).dup();
    }
  }

  private static double distance(INDArray one, INDArray other) {
    return one.sub(other).norm2Number().doubleValue();
  }

  @ParameterizedTest
  @CsvSource({"llama, 4, 1", "llama, 4, 3", "gpt2, 8, 2"})
  void outputsBeginNearerToTheBases(String base, int bits, int iterations, @TempDir Path folder) {
    Quantization quantization = bits == 4 ? Quantization.nf4() : Quantization.int8();
    INDArray plain = outputs(base, TransformerOptions.defaults());
    INDArray quantized =
        outputs(base, TransformerOptions.defaults().withQuantization(quantization));
    INDArray trained;
    try (CausalLanguageModel model = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> adapted = Peft.wrap(model.graph(), config(bits, iterations))) {
      INDArray first = adapted.network().outputSingle(IDS).dup();
      assertThat(distance(first, plain)).isLessThan(distance(quantized, plain));
      for (int step = 0; step < 3; step++) {
        adapted.network().fit(new MultiDataSet(new INDArray[] {IDS}, new INDArray[] {IDS}));
      }
      trained = adapted.network().outputSingle(IDS).dup();
      assertThat(distance(trained, first)).isGreaterThan(1e-4);
      adapted.save(folder);
      try (var merged = adapted.merged()) {
        assertThat(distance(adapted.network().outputSingle(IDS), trained)).isLessThan(1e-4);
      }
    }
    try (CausalLanguageModel model = Transformers.load(Golden.base(base));
        PeftModel<ComputationGraph> loaded = Peft.load(model.graph(), folder)) {
      assertThat(loaded.config(Peft.DEFAULT_ADAPTER)).isEqualTo(config(bits, iterations));
      assertThat(loaded.network().outputSingle(IDS)).isEqualTo(trained);
    }
  }

  /** With A and B at zero, what is left is the base in 4 bits. */
  @Test
  void onceQuantisedTheFrozenValuesAreThoseOfNf4() {
    INDArray quantized =
        outputs("llama", TransformerOptions.defaults().withQuantization(Quantization.nf4()));
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> adapted = Peft.wrap(model.graph(), config(4, 1))) {
      adapted.network().params().assign(0);

      assertThat(distance(adapted.network().outputSingle(IDS), quantized)).isLessThan(1e-4);
    }
  }

  @Test
  void anAdapterOfNumbersDoesNotLoadOnABaseInFewerBits(@TempDir Path folder) {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> adapted = Peft.wrap(model.graph(), config(4, 1))) {
      adapted.save(folder);
    }
    try (CausalLanguageModel model =
        Transformers.load(
            Golden.base("llama"),
            TransformerOptions.defaults().withQuantization(Quantization.nf4()))) {
      assertThatThrownBy(() -> Peft.load(model.graph(), folder))
          .isInstanceOf(PeftException.class)
          .hasMessageContainingAll("loftq begins with the weights before", "held as NF4", "4 bits");
    }
  }

  @Test
  void whatDoesNotGoTogetherIsRefused() {
    assertThatThrownBy(() -> config(4, 1).toBuilder().dora(true).build())
        .hasMessageContaining("init_lora_weights loftq does not go with use_dora");
    LoraConfig embeddings = config(4, 1).toBuilder().targetModules("embed_tokens").build();
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThatThrownBy(() -> Peft.wrap(model.graph(), embeddings))
          .hasMessageContaining("loftq is for linear modules");
    }
  }
}
