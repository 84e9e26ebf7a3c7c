package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.ia3.Ia3Config;
import org.peft4j.lora.LoraConfig;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.prompt.prefix.PrefixTuningConfig;
import org.peft4j.prompt.tuning.PromptTuningConfig;
import org.peft4j.token.TokenTuningConfig;
import org.peft4j.transformers.checkpoint.CheckpointWriter;

/** Adapters of different methods on one base: active together, merged in part, undone. */
class ManyAdaptersTest {
  private static final INDArray IDS =
      Nd4j.createFromArray(new long[][] {{3, 4, 5, 6, 7}, {7, 8, 9, 10, 2}});

  private CausalLanguageModel base;
  private PeftModel<ComputationGraph> model;

  @BeforeEach
  void load() {
    base = Transformers.load(Golden.base("llama_biases"));
    model = Peft.bare(base.graph(), 3);
    model.addAdapter(
        "lora", LoraConfig.builder().rank(3).targetModules("q_proj", "up_proj").build());
    model.addAdapter("more", LoraConfig.builder().rank(2).targetModules("q_proj").build());
    model.addAdapter("ia3", Ia3Config.builder().build());
    model.addAdapter("norm", NormTuningConfig.builder().build());
    model.addAdapter("prefix", PrefixTuningConfig.builder().virtualTokens(2).build());
    model.addAdapter("prompt", PromptTuningConfig.builder().virtualTokens(2).build());
    for (String adapter : model.adapters()) {
      model.adapter(adapter).tensors().forEach((key, v) -> v.addi(Nd4j.randn(v.shape()).muli(0.2)));
    }
  }

  @AfterEach
  void close() {
    model.close();
    base.close();
  }

  private INDArray output() {
    return model.network().output(IDS)[0].dup();
  }

  private static double difference(INDArray a, INDArray b) {
    return a.sub(b).amaxNumber().doubleValue() / b.amaxNumber().doubleValue();
  }

  @Test
  void allKindsActAndTrainTogether() {
    model.setActive(model.adapters());
    INDArray together = output();
    for (String without : model.adapters()) {
      model.setActive(model.adapters().stream().filter(a -> !a.equals(without)).toList());
      assertThat(difference(output(), together)).as(without).isGreaterThan(1e-4);
    }
    model.setActive(model.adapters());
    assertThat(output()).isEqualTo(together);
    model.network().setInputs(IDS);
    model.network().setLabels(IDS);
    model.network().computeGradientAndScore();
    for (String adapter : model.adapters()) {
      model
          .adapter(adapter)
          .gradients()
          .forEach((key, g) -> assertThat(g.amaxNumber().doubleValue()).as(key).isPositive());
    }
  }

  @Test
  void severalMergeTogetherAndComeBackBitForBit() {
    INDArray before = base.graph().output(IDS)[0].dup();
    model.setActive("lora", "more", "ia3", "norm");
    INDArray adapted = output();
    try (var merged = model.merged()) {
      assertThat(difference(output(), adapted)).isLessThan(1e-5);
      try (var off = model.adaptersDisabled()) {
        assertThat(output()).isEqualTo(before);
      }
      assertThat(difference(output(), adapted)).isLessThan(1e-5);
    }
    assertThat(output()).isEqualTo(adapted);
    assertThat(base.graph().output(IDS)[0]).isEqualTo(before);
    assertThat(model.mergeDifference(IDS)).isLessThan(1e-4).isPositive();
  }

  @Test
  void aSubsetMergesWhileOthersGoOnActing() {
    model.setActive("lora", "more", "prefix");
    INDArray adapted = output();
    try (var merged = model.merged(List.of("lora"))) {
      assertThat(difference(output(), adapted)).isLessThan(1e-5);
    }
    assertThat(output()).isEqualTo(adapted);
    model.setActive("more");
    try (var merged = model.merged(List.of("lora"))) {
      INDArray both = output();
      merged.close();
      model.setActive("lora", "more");
      assertThat(difference(output(), both)).isLessThan(1e-5);
    }
  }

  @Test
  void whatDependsOnTheWeightCannotStayBesideMergedOnes() {
    model.addAdapter("values", LoraConfig.builder().rank(2).targetModules("v_proj").build());
    model.setActive("values", "ia3");
    assertThatThrownBy(() -> model.merged(List.of("values")))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Merge both");
  }

  @Test
  void promptsAreRefusedBeforeAnythingChanges() {
    INDArray before = base.graph().output(IDS)[0].dup();
    for (String adapter : List.of("prompt", "prefix")) {
      model.setActive("lora", adapter);
      assertThatThrownBy(model::merged)
          .isInstanceOf(PeftException.class)
          .hasMessageContaining("cannot be merged");
    }
    assertThat(base.graph().output(IDS)[0]).isEqualTo(before);
  }

  @Test
  void aBrokenAdapterIsRefusedBeforeAnythingChanges() {
    INDArray before = base.graph().output(IDS)[0].dup();
    model.setActive("lora", "more");
    INDArray broken = model.adapter("more").tensors().values().iterator().next();
    broken.putScalar(0, Double.NaN);
    assertThatThrownBy(model::merged).hasMessageContaining("infinite or NaN");
    assertThat(base.graph().output(IDS)[0]).isEqualTo(before);
  }

  @Test
  void tokensOfATiedHeadAreInTheMergedCheckpointTwice(@TempDir Path folder) {
    try (CausalLanguageModel tied = Transformers.load(Golden.base("llama"));
        PeftModel<ComputationGraph> tokens =
            Peft.wrap(tied.graph(), TokenTuningConfig.builder().tokenIndices(4, 9).build())) {
      tokens
          .adapter("default")
          .tensors()
          .forEach((key, v) -> v.addi(Nd4j.randn(v.shape()).muli(0.3)));
      INDArray adapted = tokens.network().output(IDS)[0].dup();
      CheckpointWriter.of(tied).merging(tokens).write(folder.resolve("merged"));
      try (CausalLanguageModel merged = Transformers.load(folder.resolve("merged"))) {
        assertThat(difference(merged.graph().output(IDS)[0], adapted)).isLessThan(1e-5);
      }
    }
  }

  @Test
  void checkpointingGivesTheSameGradients() {
    model.setActive("lora", "ia3", "prefix");
    try (CausalLanguageModel again =
            Transformers.load(
                Golden.base("llama_biases"),
                TransformerOptions.defaults().withGradientCheckpointing(true));
        PeftModel<ComputationGraph> other = Peft.bare(again.graph(), 3)) {
      for (String adapter : model.active()) {
        other.addAdapter(adapter, model.config(adapter));
        other
            .adapter(adapter)
            .tensors()
            .forEach((key, v) -> v.assign(model.adapter(adapter).tensors().get(key)));
      }
      other.setActive(model.active());
      gradients(model);
      gradients(other);
      for (String adapter : model.active()) {
        assertThat(other.adapter(adapter).gradients())
            .isEqualTo(model.adapter(adapter).gradients());
      }
    }
  }

  private static void gradients(PeftModel<ComputationGraph> of) {
    of.network().setInputs(IDS);
    of.network().setLabels(IDS);
    of.network().computeGradientAndScore();
  }
}
