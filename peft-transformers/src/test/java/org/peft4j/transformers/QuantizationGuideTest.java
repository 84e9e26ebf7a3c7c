package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.PeftConfig;
import org.peft4j.lora.LoraConfig;
import org.peft4j.lora.loftq.LoftqInitialiser;
import org.peft4j.quantization.Quantization;
import org.peft4j.start.OriginalWeights;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.checkpoint.OriginalCheckpoint;
import org.peft4j.transformers.family.Families;

/** The code of {@code docs/quantization.md}. */
class QuantizationGuideTest {
  @Test
  void anAdapterTrainsOnABaseInFourBits(@TempDir Path adapter) {
    Path folder = Golden.base("llama");
    PeftConfig lora = LoraConfig.builder().targetModules("all-linear").build();
    INDArray ids = Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5}});
    MultiDataSet data = new MultiDataSet(new INDArray[] {ids}, new INDArray[] {ids});
    train(folder, lora, data, adapter);
    assertThat(adapter.resolve("adapter_model.safetensors")).exists();
  }

  private static void train(Path folder, PeftConfig lora, MultiDataSet data, Path adapter) {
    TransformerOptions options =
        TransformerOptions.defaults()
            .withQuantization(Quantization.nf4().withDoubleQuantization(true));
    try (CausalLanguageModel base = Transformers.load(folder, options);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora)) {
      model.network().fit(data);
      model.save(adapter);
    }
  }

  /** LLM.int8() rounds the inputs of products inside of a training step, too. */
  @ParameterizedTest
  @EnumSource(names = {"FLOAT", "DOUBLE"})
  void anAdapterTrainsWhereInputsAreRounded(DataType type) {
    TransformerOptions options =
        TransformerOptions.defaults()
            .withDataType(type)
            .withQuantization(Quantization.llmInt8().withThreshold(0));
    INDArray ids = Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5}});
    PeftConfig lora = LoraConfig.builder().targetModules("all-linear").build();
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"), options);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), lora)) {
      MultiDataSet data = new MultiDataSet(new INDArray[] {ids}, new INDArray[] {ids});
      model.network().fit(data);
      double first = model.network().score();
      for (int step = 0; step < 20; step++) {
        model.network().fit(data);
      }
      assertThat(model.network().score()).isFinite().isLessThan(first);
    }
  }

  @Test
  void aCheckpointIsQuantisedOnce(@TempDir Path quantised) {
    TransformerOptions options = TransformerOptions.defaults().withQuantization(Quantization.nf4());
    write(Golden.base("llama"), options, quantised);
    assertThat(Families.quantization(quantised)).contains(Quantization.nf4());
  }

  @Test
  void loftqBeginsBesideAQuantisedBase(@TempDir Path adapter) {
    TransformerOptions options = TransformerOptions.defaults().withQuantization(Quantization.nf4());
    LoraConfig config = LoraConfig.builder().targetModules("q_proj").build();
    try (CausalLanguageModel base = Transformers.load(Golden.base("llama"), options)) {
      begin(base, config, Golden.base("llama"), adapter);
    }
    assertThat(adapter.resolve("adapter_model.safetensors")).exists();
  }

  private static void begin(
      CausalLanguageModel base, LoraConfig config, Path folder, Path adapter) {
    try (PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config);
        OriginalWeights original = OriginalCheckpoint.open(folder, base)) {
      new LoftqInitialiser(model, Peft.DEFAULT_ADAPTER).apply(original);
      model.save(adapter);
    }
  }

  private static void write(Path folder, TransformerOptions options, Path quantised) {
    try (CausalLanguageModel model = Transformers.load(folder, options)) {
      CheckpointWriter.of(model).write(quantised);
    }
  }

  @Test
  void weightsStayOnTheDisk() {
    TransformerOptions options = TransformerOptions.defaults().withOffload(true);
    INDArray ids = Nd4j.createFromArray(new int[][] {{3, 1, 4, 1, 5}});
    try (CausalLanguageModel offloaded = Transformers.load(Golden.base("llama"), options);
        CausalLanguageModel plain = Transformers.load(Golden.base("llama"))) {
      assertThat(offloaded.graph().outputSingle(ids)).isEqualTo(plain.graph().outputSingle(ids));
    }
  }
}
