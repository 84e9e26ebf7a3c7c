package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.safetensors.DType;
import org.peft4j.transformers.checkpoint.CheckpointWriter;
import org.peft4j.transformers.config.Precision;

/** Weights in half precision, and gradients from blocks that are computed anew. */
class PrecisionTest {
  private static final INDArray IDS = Nd4j.createFromArray(new int[][] {{5, 9, 3}, {7, 21, 4}});
  private static final TransformerOptions FP32 = TransformerOptions.defaults();
  private static final TransformerOptions BF16 = FP32.withPrecision(Precision.BF16);

  @ParameterizedTest
  @ValueSource(strings = {"llama", "llama_biases", "mistral", "qwen2", "gpt2", "llama_bf16"})
  void logitsInHalfPrecisionAreNearThoseInFull(String base) {
    try (CausalLanguageModel full = Transformers.load(Golden.base(base), FP32);
        CausalLanguageModel half = Transformers.load(Golden.base(base), BF16)) {
      INDArray expected = full.graph().output(IDS)[0];
      assertThat(difference(half.graph().output(IDS)[0], expected)).isBetween(0.0, 2e-2);
      assertThat(half.parameterCount()).isEqualTo(full.parameterCount());
    }
  }

  @Test
  void matricesAreHeldInHalfAndVectorsInFull() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("gpt2"), BF16)) {
      var sites = (org.peft4j.internal.module.SiteLayer) model.graph().getLayer("block0");
      var attention = sites.sites().get(1);
      assertThat(sites.frozen(attention, "weight").format()).isEqualTo("BF16");
      assertThat(sites.frozen(attention, "bias").format()).isEqualTo("FP32");
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, q_proj", "gpt2, c_attn", "llama, down_proj"})
  void anAdapterTrainsOnHalfAndMergesIntoIt(String base, String target, @TempDir Path folder) {
    try (CausalLanguageModel half = Transformers.load(Golden.base(base), BF16);
        PeftModel<ComputationGraph> model =
            Peft.wrap(half.graph(), LoraConfig.builder().targetModules(target).build())) {
      INDArray frozen = half.graph().output(IDS)[0];
      double before = fit(model, 1);
      assertThat(fit(model, 20)).isLessThan(before);
      INDArray adapted = model.network().output(IDS)[0];
      try (var merged = model.merged()) {
        // The merged weight is rounded once more.
        assertThat(difference(model.network().output(IDS)[0], adapted)).isLessThan(2e-2);
        assertThat(half.graph().output(IDS)[0]).isNotEqualTo(frozen);
      }
      assertThat(half.graph().output(IDS)[0]).isEqualTo(frozen);
      assertThat(model.network().output(IDS)[0]).isEqualTo(adapted);

      CheckpointWriter.of(half).merging(model).dtype(DType.BF16).write(folder.resolve("merged"));
      try (CausalLanguageModel written = Transformers.load(folder.resolve("merged"), BF16)) {
        assertThat(difference(written.graph().output(IDS)[0], adapted)).isLessThan(2e-2);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"llama", "qwen2", "gpt2"})
  void checkpointingGivesTheSameTrainingBitForBit(String base) {
    INDArray kept = trained(base, FP32);
    INDArray anew = trained(base, FP32.withGradientCheckpointing(true));
    assertThat(anew).isEqualTo(kept);
    kept.close();
    anew.close();
  }

  private static INDArray trained(String base, TransformerOptions options) {
    LoraConfig config = LoraConfig.builder().targetModules("all-linear").dropout(0.2).build();
    try (CausalLanguageModel loaded = Transformers.load(Golden.base(base), options);
        PeftModel<ComputationGraph> model = Peft.wrap(loaded.graph(), config, 4)) {
      fit(model, 4);
      return model.network().params().dup();
    }
  }

  private static double fit(PeftModel<ComputationGraph> model, int times) {
    for (int i = 0; i < times; i++) {
      model.network().fit(new MultiDataSet(new INDArray[] {IDS}, new INDArray[] {IDS}));
    }
    return model.network().score();
  }

  private static double difference(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
