package org.peft4j.lora;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.internal.adalora.RankAllocator;
import org.peft4j.lora.listener.AdaLoraListener;
import org.peft4j.testing.LayerCase;

/** AdaLoRA on Deeplearning4j's layers: what users may rely on, and how ranks are taken away. */
class AdaLoraTest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;

  static Stream<LayerCase> sites() {
    return LoraLayers.all().filter(site -> !site.name().startsWith("embedding"));
  }

  private static AdaLoraConfig.Builder config(LayerCase site) {
    return AdaLoraConfig.builder()
        .initR(3)
        .targetR(2)
        .alpha(6)
        .totalStep(12)
        .tinit(2)
        .tfinal(2)
        .targetModules(site.target());
  }

  @ParameterizedTest
  @MethodSource("sites")
  void mergedDisabledSavedAndLoadedAreTheSame(LayerCase site, @TempDir Path folder) {
    MultiLayerNetwork base = site.base();
    INDArray frozen = base.params().dup();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, config(site).build());
    model.network().addListeners(new AdaLoraListener(model.adapter(NAME)));
    for (int i = 0; i < 12; i++) {
      model.network().fit(site.data());
    }
    INDArray adapted = site.output(model.network());
    try (var merged = model.merged()) {
      assertThat(relative(site.output(model.network()), adapted)).isLessThan(1e-5);
    }
    try (var off = model.adaptersDisabled()) {
      assertThat(site.output(model.network())).isEqualTo(site.output(base));
    }
    assertThat(base.params()).isEqualTo(frozen);
    model.save(folder);
    PeftModel<MultiLayerNetwork> loaded = Peft.load(site.base(), folder);
    assertThat(loaded.config(NAME)).isEqualTo(model.config(NAME));
    assertThat(loaded.trainableParameters().trainable())
        .isLessThan(model.trainableParameters().trainable());
    assertThat(relative(site.output(loaded.network()), adapted)).isLessThan(1e-6);
    loaded.save(folder);
    PeftModel<MultiLayerNetwork> again = Peft.load(site.base(), folder);
    assertThat(site.output(again.network())).isEqualTo(site.output(loaded.network()));
  }

  @ParameterizedTest
  @MethodSource("graphs")
  void gradientsAreThoseOfTheLossAndItsOrthogonalityTerm(double weight) {
    ComputationGraph base = SmallModel.graph();
    ComputationGraph wide = base.convertDataType(DataType.DOUBLE);
    DataSet data = SmallModel.data();
    INDArray x = data.getFeatures().castTo(DataType.DOUBLE);
    INDArray y = data.getLabels().castTo(DataType.DOUBLE);
    AdaLoraConfig config =
        AdaLoraConfig.builder()
            .initR(3)
            .totalStep(9)
            .orthRegWeight(weight)
            .initLoraWeights(false)
            .targetModules("dense1", "out")
            .build();
    PeftModel<ComputationGraph> model = Peft.wrap(wide, config);
    ComputationGraph network = model.network();
    network.setInputs(x);
    network.setLabels(y);
    network.computeGradientAndScore();
    double batch = x.size(0);
    Map<String, INDArray> gradients = new LinkedHashMap<>();
    model.adapter(NAME).gradients().forEach((key, g) -> gradients.put(key, g.dup().divi(batch)));
    double step = 1e-6;
    model
        .adapter(NAME)
        .tensors()
        .forEach(
            (key, tensor) -> {
              for (long i = 0; i < tensor.length(); i += 3) {
                double value = tensor.getDouble(i);
                tensor.putScalar(i, value + step);
                double up = network.score(new DataSet(x, y));
                tensor.putScalar(i, value - step);
                double down = network.score(new DataSet(x, y));
                tensor.putScalar(i, value);
                INDArray gradient = java.util.Objects.requireNonNull(gradients.get(key));
                assertThat(gradient.getDouble(i))
                    .as(key + " " + i)
                    .isCloseTo((up - down) / (2 * step), org.assertj.core.data.Offset.offset(1e-7));
              }
            });
  }

  static Stream<Arguments> graphs() {
    return Stream.of(Arguments.of(0.0), Arguments.of(0.5));
  }

  @Test
  void theBudgetFallsAndWhatIsTakenAwayStaysAway(@TempDir Path folder) {
    PeftModel<ComputationGraph> model = Peft.wrap(SmallModel.graph(), graphConfig(1, 4));
    model.network().addListeners(new AdaLoraListener(model.adapter(NAME)));
    int before = 9;
    for (int i = 0; i < 20; i++) {
      model.network().fit(SmallModel.data());
      int kept = kept(model);
      assertThat(kept).isLessThanOrEqualTo(before);
      before = kept;
    }
    assertThat(before).isEqualTo(3);
    AdaLoraConfig config = (AdaLoraConfig) model.config(NAME);
    model
        .adapter(NAME)
        .tensors()
        .forEach(
            (key, tensor) -> {
              List<Boolean> kept =
                  config.rankPattern().get(key.replaceFirst("base_model.model.", ""));
              for (int i = 0; kept != null && i < 3; i++) {
                assertThat(tensor.getDouble(i, 0) != 0).isEqualTo(kept.get(i));
              }
            });
    model.save(folder);
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    INDArray x = SmallModel.data().getFeatures();
    assertThat(relative(loaded.network().outputSingle(x), model.network().outputSingle(x)))
        .isLessThan(1e-6);
    if (loaded.adapter(NAME).tensors().size() < 9) {
      assertThatThrownBy(() -> new RankAllocator(loaded.adapter(NAME)))
          .hasMessageContaining("cannot come back");
    }
    loaded.network().fit(SmallModel.data());
  }

  @Test
  void nothingIsTakenAwayWhereTargetAndFirstRankAreEqual() {
    PeftModel<ComputationGraph> model = Peft.wrap(SmallModel.graph(), graphConfig(3, 0));
    model.network().addListeners(new AdaLoraListener(model.adapter(NAME)));
    for (int i = 0; i < 20; i++) {
      model.network().fit(SmallModel.data());
    }
    assertThat(kept(model)).isEqualTo(9);
  }

  @Test
  void aTargetWithoutRanksIsReadAndWrittenAndTrainsOn(@TempDir Path folder) {
    AdaLoraConfig start = graphConfig(1, 4);
    PeftModel<ComputationGraph> model = Peft.wrap(SmallModel.graph(), start);
    model.network().fit(SmallModel.data());
    List<Boolean> none = List.of(false, false, false);
    List<Boolean> one = List.of(false, true, false);
    model
        .adapter(NAME)
        .tensors()
        .forEach(
            (key, tensor) -> {
              if (key.endsWith("lora_E")) {
                tensor.assign(0);
              }
              if (key.endsWith("out.lora_E")) {
                tensor.putScalar(1, 0, 0.7);
              }
            });
    model
        .adapter(NAME)
        .amendConfig(
            withPattern(
                start, Map.of("dense1.lora_E", none, "dense2.lora_E", none, "out.lora_E", one)));
    model.save(folder);
    PeftModel<ComputationGraph> loaded = Peft.load(SmallModel.graph(), folder);
    assertThat(loaded.adapter(NAME).tensors().keySet())
        .allMatch(key -> key.startsWith("base_model.model.out."));
    INDArray x = SmallModel.data().getFeatures();
    INDArray before = loaded.network().outputSingle(x);
    assertThat(relative(before, model.network().outputSingle(x))).isLessThan(1e-6);
    try (var merged = loaded.merged()) {
      assertThat(relative(loaded.network().outputSingle(x), before)).isLessThan(1e-5);
    }
    assertThat(loaded.training().hooks()).isEmpty();
    loaded.network().fit(SmallModel.data());
    assertThat(loaded.network().outputSingle(x)).isNotEqualTo(before);
    loaded.save(folder.resolve("again"));
    Peft.load(SmallModel.graph(), folder.resolve("again"));
  }

  private static AdaLoraConfig withPattern(AdaLoraConfig c, Map<String, List<Boolean>> pattern) {
    return c.toBuilder().rankPattern(pattern).build();
  }

  private static AdaLoraConfig graphConfig(int targetR, int tfinal) {
    return AdaLoraConfig.builder()
        .initR(3)
        .targetR(targetR)
        .totalStep(20)
        .tinit(3)
        .tfinal(tfinal)
        .deltaT(2)
        .targetModules("dense1", "dense2", "out")
        .build();
  }

  private static int kept(PeftModel<?> model) {
    AdaLoraConfig config = (AdaLoraConfig) model.config(NAME);
    if (config.rankPattern().isEmpty()) {
      return 9;
    }
    return (int)
        config.rankPattern().values().stream().flatMap(List::stream).filter(k -> k).count();
  }

  @Test
  void anAdapterOfAnotherMethodHasNoRanksToAllocate() {
    PeftModel<ComputationGraph> model =
        Peft.wrap(SmallModel.graph(), LoraConfig.builder().targetModules("dense1").build());
    assertThatThrownBy(() -> new RankAllocator(model.adapter(NAME)))
        .hasMessageContaining("has the method LORA; only ADALORA");
    assertThatThrownBy(() -> model.adapter(NAME).amendConfig(graphConfig(1, 0)))
        .hasMessageContaining("config of the adapter's own method");
  }

  private static double relative(INDArray actual, INDArray expected) {
    return actual.sub(expected).amaxNumber().doubleValue() / expected.amaxNumber().doubleValue();
  }
}
