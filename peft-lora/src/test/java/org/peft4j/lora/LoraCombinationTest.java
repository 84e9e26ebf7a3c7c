package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Adapter;
import org.peft4j.adapter.Tensors;
import org.peft4j.error.PeftException;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.internal.lowrank.LowRankPart;
import org.peft4j.method.Combination;
import org.peft4j.method.Combination.Type;
import org.peft4j.testing.LayerCase;

/** Weighted sums of adapters. */
class LoraCombinationTest {
  private static final List<String> NAMES = List.of("one", "two", "three");
  private static final List<Double> WEIGHTS = List.of(0.7, -1.3, 0.4);

  private static PeftModel<ComputationGraph> model() {
    PeftModel<ComputationGraph> model = Peft.bare(SmallModel.graph(), 3);
    LoraConfig.Builder config = LoraConfig.builder().init(LoraInit.RANDOM);
    model.addAdapter(
        "one", config.rank(2).alpha(6).targetModules("dense1", "dense2", "out").build());
    model.addAdapter(
        "two", config.rslora(true).rankPattern("out", 1).alphaPattern("dense1", 5).build());
    model.addAdapter(
        "three",
        LoraConfig.builder()
            .init(LoraInit.RANDOM)
            .rank(3)
            .alpha(6)
            .rslora(true)
            .loraBias(true)
            .targetModules("dense2")
            .build());
    return model;
  }

  @ParameterizedTest
  @EnumSource(names = {"CAT", "SVD"})
  void theExactSortsAreTheWeightedSumOfTheChanges(Type type) {
    PeftModel<ComputationGraph> model = model();
    Combination how = Combination.of(type);
    model.addWeightedAdapter(NAMES, WEIGHTS, "sum", type == Type.SVD ? how.rank(8) : how);
    Map<String, INDArray> expected = new LinkedHashMap<>();
    for (int i = 0; i < 3; i++) {
      double weight = WEIGHTS.get(i);
      deltas(model, NAMES.get(i))
          .forEach((site, delta) -> expected.merge(site, delta.mul(weight), INDArray::add));
    }
    Map<String, INDArray> sums = deltas(model, "sum");
    assertThat(sums.keySet()).isEqualTo(expected.keySet());
    sums.forEach(
        (site, sum) ->
            assertThat(relative(sum, Objects.requireNonNull(expected.get(site))))
                .as(site)
                .isLessThan(1e-6));
    INDArray bias = model.adapter("sum").tensors().get("base_model.model.dense2.lora_B.bias");
    INDArray own = model.adapter("three").tensors().get("base_model.model.dense2.lora_B.bias");
    double scale = 0.4 * 6 / Math.sqrt(3);
    assertThat(relative(Objects.requireNonNull(bias), Objects.requireNonNull(own).mul(scale)))
        .isLessThan(1e-6);
  }

  static java.util.stream.Stream<LayerCase> sites() {
    return LoraLayers.all()
        .filter(c -> List.of("convolution 2d", "embedding", "lstm").contains(c.name()));
  }

  @ParameterizedTest
  @MethodSource("sites")
  void everySortOfSiteCanBeSummed(LayerCase site) {
    PeftModel<MultiLayerNetwork> model = Peft.bare(site.base(), 3);
    model.addAdapter("one", LoraLayers.config(site).init(LoraInit.RANDOM).build());
    model.addAdapter("two", LoraLayers.config(site).rank(1).init(LoraInit.RANDOM).build());
    model.addWeightedAdapter(
        List.of("one", "two"), List.of(1.0, 1.0), "sum", Combination.of(Type.SVD).rank(3));
    model.setActive("one", "two");
    INDArray both = site.output(model.network());
    model.setActive("sum");
    assertThat(relative(site.output(model.network()), both)).isLessThan(1e-5);
  }

  @Test
  void dareOfEverythingIsLinearAndKeepsTheShareOtherwise() {
    PeftModel<ComputationGraph> model = model();
    List<String> two = List.of("one", "one");
    List<Double> weights = List.of(0.5, 0.5);
    model.addWeightedAdapter(two, weights, "linear", Combination.of(Type.LINEAR));
    model.addWeightedAdapter(two, weights, "all", Combination.of(Type.DARE_LINEAR).density(1));
    assertThat(model.adapter("all").tensors()).isEqualTo(model.adapter("linear").tensors());
    Combination some = Combination.of(Type.DARE_LINEAR).density(0.5);
    model.addWeightedAdapter(List.of("one"), List.of(1.0), "some", some.seed(1));
    model.addWeightedAdapter(List.of("one"), List.of(1.0), "same", some.seed(1));
    model.addWeightedAdapter(List.of("one"), List.of(1.0), "other", some.seed(2));
    assertThat(model.adapter("same").tensors()).isEqualTo(model.adapter("some").tensors());
    assertThat(model.adapter("other").tensors()).isNotEqualTo(model.adapter("some").tensors());
  }

  @Test
  void whatCannotBeSummedIsRefusedWithTheReason() {
    PeftModel<ComputationGraph> model = model();
    Combination linear = Combination.of(Type.LINEAR);
    refused(model, List.of("one", "two"), List.of(1.0), "new", linear, "2 adapters and 1 weights");
    refused(model, List.of(), List.of(), "new", linear, "one adapter at least");
    refused(model, List.of("one"), List.of(1.0), "two", linear, "exists already");
    refused(model, List.of("nope"), List.of(1.0), "new", linear, "No adapter \"nope\"");
    refused(model, List.of("one"), List.of(Double.NaN), "new", linear, "A weight is NaN");
    refused(model, NAMES, WEIGHTS, "new", linear, "ranks must be equal; at dense2");
    for (Type type : Type.values()) {
      if (type.prune() != Combination.Prune.NONE) {
        Combination how = Combination.of(type);
        refused(model, NAMES, WEIGHTS, "new", how, type + " needs a density");
        refused(model, NAMES, WEIGHTS, "new", how.density(0), "density is 0.0; allowed: above 0");
      }
    }
    model.addAdapter("ada", AdaLoraConfig.builder().totalStep(9).targetModules("dense1").build());
    refused(
        model, List.of("one", "ada"), List.of(1.0, 1.0), "new", linear, "adapters of one method");
    refused(model, List.of("ada"), List.of(1.0), "new", linear, "ADALORA cannot be combined");
    model.addAdapter(
        "copy", LoraConfig.builder().targetModules("dense1").modulesToSave("out").build());
    refused(model, List.of("copy"), List.of(1.0), "new", linear, "is more than B·A at out");
    assertThat(model.adapters()).doesNotContain("new");
  }

  private static void refused(
      PeftModel<?> model,
      List<String> names,
      List<Double> weights,
      String name,
      Combination how,
      String message) {
    assertThatThrownBy(() -> model.addWeightedAdapter(names, weights, name, how))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining(message);
  }

  private static Map<String, INDArray> deltas(PeftModel<?> model, String name) {
    Map<String, INDArray> deltas = new LinkedHashMap<>();
    for (Adapter adapter : model.adapter(name).parts()) {
      LowRankPart part = (LowRankPart) adapter;
      Map<String, INDArray> own = new LinkedHashMap<>();
      part.parameters()
          .forEach(
              spec ->
                  own.put(
                      spec.name(),
                      Objects.requireNonNull(model.adapter(name).tensors().get(part.key(spec)))));
      LowRankPart.Factors factors = part.factors(new Tensors(own));
      deltas.put(part.site().name(), factors.b().mmul(factors.a()).muli(part.shape().scale()));
    }
    return deltas;
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
