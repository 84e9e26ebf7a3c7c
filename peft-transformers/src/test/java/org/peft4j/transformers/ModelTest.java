package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.WorkspaceMode;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.error.PeftException;
import org.peft4j.site.Site;

class ModelTest {
  private static final INDArray IDS = Nd4j.createFromArray(new int[][] {{5, 9, 3}, {7, 21, 4}});

  @Test
  void aGraphHasNoParametersOfItsOwn() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      assertThat(model.graph().numParams()).isZero();
      assertThat(model.graph().params().length()).isZero();
      assertThat(model.parameterCount()).isEqualTo(15_776);
    }
  }

  @Test
  void sitesAreTheModulesOfTheCheckpoint() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("gpt2"))) {
      assertThat(model.sites())
          .filteredOn(site -> site.kind().isModule())
          .extracting(Site::name)
          .startsWith("transformer.wte", "transformer.wpe", "transformer.h.0.ln_1")
          .contains("transformer.h.1.mlp.c_proj")
          .endsWith("transformer.ln_f", "lm_head");
    }
  }

  @Test
  void aReplicaFromJsonSharesTheWeights() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("qwen2"))) {
      String json = model.graph().getConfiguration().toJson();
      ComputationGraph replica = new ComputationGraph(ComputationGraphConfiguration.fromJson(json));
      replica.init();
      assertThat(replica.output(IDS)[0]).isEqualTo(model.graph().output(IDS)[0]);
    }
  }

  @Test
  void workspacesChangeNoResult() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      INDArray with = model.graph().output(IDS)[0];
      model.graph().getConfiguration().setInferenceWorkspaceMode(WorkspaceMode.NONE);
      assertThat(model.graph().output(IDS)[0]).isEqualTo(with);
    }
  }

  @Test
  void anIdOutsideOfTheVocabularyIsRefused() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      INDArray ids = Nd4j.createFromArray(new int[][] {{5, 56}});
      assertThatThrownBy(() -> model.graph().output(ids))
          .hasStackTraceContaining("Token id 56 is outside the vocabulary; allowed: 0 to 55");
    }
  }

  @Test
  void aClosedModelSaysSo() {
    CausalLanguageModel model = Transformers.load(Golden.base("llama"));
    String json = model.graph().getConfiguration().toJson();
    model.close();
    assertThatThrownBy(
            () -> new ComputationGraph(ComputationGraphConfiguration.fromJson(json)).init())
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("not loaded in this process");
  }

  @Test
  void eachSequenceHasALoss() {
    try (CausalLanguageModel model = Transformers.load(Golden.base("llama"))) {
      MultiDataSet both = new MultiDataSet(IDS, IDS);
      INDArray each = model.graph().scoreExamples(both, false);

      assertThat(each.shape()).containsExactly(2, 1);
      assertThat(each.meanNumber().doubleValue())
          .isCloseTo(model.graph().score(both, false), within(1e-6));
    }
  }
}
