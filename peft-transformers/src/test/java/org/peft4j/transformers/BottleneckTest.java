package org.peft4j.transformers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.peft4j.AdapterScope;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.bottleneck.BottleneckConfig;
import org.peft4j.bottleneck.InitWeights;
import org.peft4j.lora.LoraConfig;
import org.peft4j.site.Site;
import org.peft4j.testing.Slopes;

/** What users may rely on, for bottleneck adapters on transformers. */
class BottleneckTest {
  private static final INDArray IDS = BottleneckCase.IDS;

  static Stream<BottleneckCase> cases() {
    return BottleneckCase.all();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void wrappingChangesNoOutputWhereUpBeginsAtZero(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false)) {
      BottleneckConfig config = sort.config().initWeights(InitWeights.MAM_ADAPTER).build();
      try (PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
        if (sort.identityAtFirst()) {
          assertThat(output(model)).isEqualTo(base.graph().output(IDS)[0]);
        } else {
          assertThat(output(model)).isNotEqualTo(base.graph().output(IDS)[0]);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyGradientEqualsCentralDifferences(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.DOUBLE, false);
        PeftModel<ComputationGraph> model = BottleneckCase.lively(base, sort.config().build())) {
      assertGradients(model);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void gradientsHoldTogetherWithLora(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.DOUBLE, true);
        PeftModel<ComputationGraph> model = BottleneckCase.lively(base, sort.config().build())) {
      model.addAdapter("lora", LoraConfig.builder().targetAllLinear().rank(2).build());
      model.addAdapter("second", sort.config().build());
      model.setActive("default", "lora", "second");
      assertGradients(model);
    }
  }

  private static void assertGradients(PeftModel<ComputationGraph> model) {
    ComputationGraph network = model.network();
    network.setInputs(IDS);
    network.setLabels(BottleneckCase.LABELS);
    network.setLayerMaskArrays(new INDArray[] {BottleneckCase.MASK}, null);
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();
    network.clearLayerMaskArrays();
    Slopes.assertGradient(
        network.params(), gradient, () -> network.score(BottleneckCase.data(), false), 1e-6);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyTensorGetsAGradientWithinTwoSteps(BottleneckCase sort) {
    BottleneckConfig config = sort.config().initWeights(InitWeights.MAM_ADAPTER).build();
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config)) {
      Map<String, Boolean> moved = new LinkedHashMap<>();
      for (int step = 0; step < 2; step++) {
        model.network().fit(BottleneckCase.data());
        model
            .adapter("default")
            .gradients()
            .forEach(
                (name, g) ->
                    moved.merge(name, g.amaxNumber().doubleValue() > 0, Boolean::logicalOr));
      }
      assertThat(moved).isNotEmpty().doesNotContainValue(false);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingLowersTheLossAndTheBaseStaysAsItWas(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), sort.config().build())) {
      INDArray frozen = base.graph().output(IDS)[0];
      double before = fit(model, 1);
      assertThat(fit(model, 20)).isLessThan(before - 0.01);
      INDArray adapted = output(model);
      assertThat(adapted).isNotEqualTo(frozen);
      assertThat(base.graph().output(IDS)[0]).isEqualTo(frozen);
      try (var off = model.adaptersDisabled()) {
        assertThat(output(model)).isEqualTo(frozen);
      }
      assertThat(output(model)).isEqualTo(adapted);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergingIsRefusedBeforeAnythingIsTouched(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = BottleneckCase.lively(base, sort.config().build())) {
      model.addAdapter("lora", LoraConfig.builder().build());
      model.setActive("lora", "default");
      fit(model, 2);
      INDArray frozen = base.graph().output(IDS)[0];
      INDArray adapted = output(model);
      assertThatThrownBy(model::merged)
          .hasMessageContaining("Adapter \"default\"")
          .hasMessageContaining("cannot be merged; nothing was changed");
      assertThat(base.graph().output(IDS)[0]).isEqualTo(frozen);
      assertThat(output(model)).isEqualTo(adapted);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void savedAndLoadedOntoAFreshBaseIsTheSame(BottleneckCase sort, @TempDir Path folder) {
    INDArray adapted;
    BottleneckConfig config = sort.config().build();
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = BottleneckCase.lively(base, config)) {
      adapted = output(model);
      model.save(folder);
    }
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = Peft.load(base.graph(), folder)) {
      assertThat(output(model)).isEqualTo(adapted);
      assertThat(model.config("default")).isEqualTo(config);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void eachRowCanHaveAnAdapterOfItsOwn(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, false);
        PeftModel<ComputationGraph> model = BottleneckCase.lively(base, sort.config().build())) {
      model.addAdapter(
          "other",
          BottleneckConfig.houlsby().nonLinearity(sort.config().build().nonLinearity()).build());
      INDArray first = output(model);
      model.setActive("other");
      INDArray second = output(model);
      model.setActive("default", "other");
      try (AdapterScope rows = model.adapterOfEachRow(List.of("other", "default"))) {
        INDArray both = output(model);
        assertNear(both.slice(0), second.slice(0));
        assertNear(both.slice(1), first.slice(1));
      }
      try (AdapterScope rows = model.adapterOfEachRow(List.of(PeftModel.BASE, "other"))) {
        INDArray one = output(model);
        assertNear(one.slice(0), base.graph().output(IDS)[0].slice(0));
        assertNear(one.slice(1), second.slice(1));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void checkpointingGivesTheSameTrainingBitForBit(BottleneckCase sort) {
    assertThat(trained(sort, true)).isEqualTo(trained(sort, false));
  }

  private static INDArray trained(BottleneckCase sort, boolean checkpointing) {
    try (CausalLanguageModel base = sort.load(DataType.FLOAT, checkpointing);
        PeftModel<ComputationGraph> model =
            Peft.wrap(base.graph(), sort.config().dropout(0.2).build(), 4)) {
      fit(model, 3);
      return model.network().params().dup();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void steppingGivesTheOutputOfTheWhole(BottleneckCase sort) {
    try (CausalLanguageModel base = sort.load(DataType.DOUBLE, false);
        PeftModel<ComputationGraph> model = BottleneckCase.lively(base, sort.config().build())) {
      INDArray whole = output(model);
      for (int t = 0; t < IDS.size(1); t++) {
        INDArray ids = IDS.get(NDArrayIndex.all(), NDArrayIndex.interval(t, t + 1)).dup('c');
        INDArray step = model.network().rnnTimeStep(ids)[0];
        for (int b = 0; b < IDS.size(0); b++) {
          assertNear(step.slice(b).slice(0), whole.slice(b).slice(t));
        }
      }
    }
  }

  @Test
  void theConfigSaysWhere() {
    assertThat(places(BottleneckConfig.houlsby()))
        .containsExactly(
            "transformer.h.0.attn",
            "transformer.h.0.mlp",
            "transformer.h.1.attn",
            "transformer.h.1.mlp");
    assertThat(places(BottleneckConfig.pfeiffer()))
        .containsExactly("transformer.h.0.mlp", "transformer.h.1.mlp");
    assertThat(places(BottleneckConfig.houlsby().leaveOut(0)))
        .containsExactly("transformer.h.1.attn", "transformer.h.1.mlp");
    assertThat(places(BottleneckConfig.pfeiffer().targetModules("h.1.attn")))
        .containsExactly("transformer.h.1.attn");
    assertThatThrownBy(() -> places(BottleneckConfig.houlsby().leaveOut(5)))
        .hasMessageContaining("leave_out has 5, but the layers are [0, 1].");
    assertThatThrownBy(() -> places(BottleneckConfig.houlsby().leaveOut(0, 1)))
        .hasMessageContaining("leave out every place of this model: [transformer.h.0.attn");
    assertThatThrownBy(() -> places(BottleneckConfig.compacter().reductionFactor(4)))
        .hasMessageContaining("phm_dim 4 must divide the width and the bottleneck");
  }

  private static List<String> places(BottleneckConfig.Builder config) {
    try (CausalLanguageModel base = Transformers.load(Golden.base("gpt2"));
        PeftModel<ComputationGraph> model = Peft.wrap(base.graph(), config.build())) {
      return model.adaptedSites().stream().map(Site::name).toList();
    }
  }

  private static INDArray output(PeftModel<ComputationGraph> model) {
    return model.network().output(IDS)[0];
  }

  private static double fit(PeftModel<ComputationGraph> model, int times) {
    for (int i = 0; i < times; i++) {
      model.network().fit(BottleneckCase.data());
    }
    return model.network().score();
  }

  private static void assertNear(INDArray actual, INDArray expected) {
    double difference = actual.sub(expected).amaxNumber().doubleValue();
    assertThat(difference / expected.amaxNumber().doubleValue()).isLessThan(1e-5);
  }
}
