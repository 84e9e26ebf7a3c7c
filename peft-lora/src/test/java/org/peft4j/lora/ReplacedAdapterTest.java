package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.config.Bias;
import org.peft4j.lora.common.Ranks;
import org.peft4j.lora.convert.LoraAdapters;
import org.peft4j.testing.LayerCase;
import org.peft4j.testing.LayerCases;

/** Adapters whose values or ranks are replaced while they are in use. */
class ReplacedAdapterTest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;
  private static final INDArray X = SmallModel.data().getFeatures();

  private static LoraConfig.Builder config() {
    return LoraConfig.builder().rank(2).alpha(6).targetModules("dense1", "out");
  }

  private static PeftModel<ComputationGraph> trained(LoraConfig config) {
    PeftModel<ComputationGraph> model = Peft.wrap(SmallModel.graph(), config);
    for (int i = 0; i < 3; i++) {
      model.network().fit(SmallModel.data());
    }
    return model;
  }

  @Test
  void addedValuesAreTheAdaptersAndWrongOnesAreRefused() {
    PeftModel<ComputationGraph> model = trained(config().build());
    Map<String, INDArray> values = new LinkedHashMap<>(model.adapter(NAME).tensors());
    model.addAdapter("copy", config().build(), values);
    INDArray expected = model.network().outputSingle(X);
    model.setActive("copy");
    assertThat(model.network().outputSingle(X)).isEqualTo(expected);
    values.put("base_model.model.out.lora_A.weight", Nd4j.zeros(1, 8));
    values.remove("base_model.model.out.lora_B.weight");
    values.put("more", Nd4j.zeros(1));
    assertThatThrownBy(() -> model.addAdapter("bad", config().build(), values))
        .hasMessageContainingAll(
            "base_model.model.out.lora_A.weight has the shape [1, 8]; needed: [2, 8]",
            "missing base_model.model.out.lora_B.weight",
            "unexpected more");
    assertThat(model.adapters()).doesNotContain("bad");
  }

  @Test
  void swappingEqualsAFreshLoadWithAndWithoutTheSameConfig(@TempDir Path folder) {
    Path same = folder.resolve("same");
    Path other = folder.resolve("other");
    trained(config().init(LoraInit.RANDOM).build()).save(same);
    trained(config().rank(3).alpha(1).targetModules("dense2").build()).save(other);
    PeftModel<ComputationGraph> model = trained(config().init(LoraInit.RANDOM).build());
    ComputationGraph network = model.network();
    for (Path file : new Path[] {same, other, same}) {
      model.swapAdapter(NAME, file);
      PeftModel<ComputationGraph> fresh = Peft.load(SmallModel.graph(), file);
      assertThat(network.outputSingle(X)).isEqualTo(fresh.network().outputSingle(X));
      assertThat(model.config(NAME)).isEqualTo(fresh.config(NAME));
      network.fit(SmallModel.data());
    }
    INDArray before = network.outputSingle(X);
    try (var merged = model.merged()) {
      assertThatThrownBy(() -> model.swapAdapter(NAME, same)).hasMessageContaining("merged now");
    }
    assertThatThrownBy(() -> model.swapAdapter(NAME, folder.resolve("nope")))
        .hasMessageContaining("no adapter folder");
    assertThat(network.outputSingle(X)).isEqualTo(before);
  }

  static Stream<LayerCase> sites() {
    return LoraLayers.all();
  }

  @ParameterizedTest
  @MethodSource("sites")
  void moreRanksChangeNothingAndTrainOn(LayerCase site) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(site.base(), LoraLayers.config(site).build());
    for (int i = 0; i < 3; i++) {
      model.network().fit(site.data());
    }
    INDArray before = site.output(model.network());
    LoraAdapters.expandRank(model, NAME, 5, 7);
    assertThat(relative(site.output(model.network()), before)).isLessThan(1e-6);
    assertThat(((LoraConfig) model.config(NAME)).ranks().rank()).isEqualTo(5);
    assertThat(model.adapters()).containsExactly(NAME);
    Map<String, INDArray> old = new LinkedHashMap<>();
    model.adapter(NAME).tensors().forEach((key, t) -> old.put(key, t.dup()));
    double score = model.network().score(site.data());
    for (int i = 0; i < 20; i++) {
      model.network().fit(site.data());
    }
    assertThat(model.network().score(site.data())).isLessThan(score);
    model
        .adapter(NAME)
        .tensors()
        .forEach((key, t) -> assertThat(t).isNotEqualTo(Objects.requireNonNull(old.get(key))));
  }

  @Test
  void moreRanksLeaveAllOtherSettingsAndTrainedTokensAsTheyAre() {
    LayerCase site = LayerCases.named("embedding sequence");
    LoraConfig config =
        LoraConfig.builder()
            .targetModules("out")
            .rank(2)
            .alpha(4)
            .rankPattern("out", 1)
            .dropout(0.25)
            .rslora(true)
            .trainableTokens(1, 2)
            .bias(Bias.ALL)
            .build();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(site.base(), config);
    for (int i = 0; i < 3; i++) {
      model.network().fit(site.data());
    }
    INDArray before = site.output(model.network());

    LoraAdapters.expandRank(model, NAME, 3, 5);

    assertThat(relative(site.output(model.network()), before)).isLessThan(1e-6);
    assertThat(model.config(NAME))
        .isEqualTo(config.toBuilder().ranks(new Ranks(3, 5, Map.of(), Map.of())).build());
  }

  @Test
  void ranksGrowOnly() {
    PeftModel<ComputationGraph> model = trained(config().rslora(true).loraBias(true).build());
    INDArray before = model.network().outputSingle(X);
    assertThatThrownBy(() -> LoraAdapters.expandRank(model, NAME, 1, 1))
        .hasMessageContaining("can only grow");
    LoraAdapters.expandRank(model, NAME, 4, 2);
    assertThat(relative(model.network().outputSingle(X), before)).isLessThan(1e-6);
    assertThat(model.adapters()).containsExactly(NAME);
    PeftModel<ComputationGraph> shifted = trained(config().init(LoraInit.PISSA).build());
    assertThatThrownBy(() -> LoraAdapters.expandRank(shifted, NAME, 3, 1))
        .hasMessageContaining("convertToPlain");
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
