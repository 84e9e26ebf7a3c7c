package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.learning.config.Sgd;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.error.PeftException;
import org.peft4j.lora.adalora.AdaLoraConfig;
import org.peft4j.lora.listener.AdaLoraListener;
import org.peft4j.lora.listener.AdaLoraSameDiffListener;
import org.peft4j.testing.GraphCase;
import org.peft4j.testing.GraphCases;
import org.peft4j.testing.Values;

/** The same ranks leave a graph of SameDiff as leave a Deeplearning4j network. */
class AdaLoraRanksTest {
  private static final String NAME = Peft.DEFAULT_ADAPTER;
  private static final int STEPS = 24;
  private static final AdaLoraConfig CONFIG =
      AdaLoraConfig.builder()
          .initR(3)
          .targetR(1)
          .tinit(3)
          .tfinal(4)
          .deltaT(2)
          .totalStep(STEPS)
          .orthRegWeight(0.3)
          .targetModules("below", "top")
          .build();

  private final DataSet data = new DataSet(Values.random(1, 5, 6), Values.random(2, 5, 3));

  private static PeftModel<SameDiff> graph() {
    PeftModel<SameDiff> model =
        Peft.wrap(SameAsLayersTest.graph(SameAsLayersTest.network()), CONFIG);
    train(model.network());
    start(model);
    return model;
  }

  private static void train(SameDiff graph) {
    graph.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Sgd(0.1))
            .dataSetFeatureMapping("x")
            .dataSetLabelMapping("labels")
            .build());
  }

  /** Values that differ from each other, so that no two ranks are equally important. */
  private static void start(PeftModel<?> model) {
    long seed = 20;
    for (INDArray tensor : model.adapter(NAME).tensors().values()) {
      tensor.assign(Values.random(seed++, tensor.shape()).muli(0.5));
    }
  }

  private static Map<String, List<Boolean>> pattern(PeftModel<?> model) {
    return ((AdaLoraConfig) model.config(NAME)).rankPattern();
  }

  private static Map<String, INDArray> copies(Map<String, INDArray> arrays) {
    Map<String, INDArray> copies = new LinkedHashMap<>();
    arrays.forEach((name, array) -> copies.put(name, array.dup()));
    return copies;
  }

  private static void assertSame(PeftModel<?> actual, PeftModel<?> expected) {
    Map<String, INDArray> tensors = actual.adapter(NAME).tensors();
    assertThat(tensors.keySet()).isEqualTo(expected.adapter(NAME).tensors().keySet());
    expected
        .adapter(NAME)
        .tensors()
        .forEach(
            (key, wanted) ->
                assertThat(Objects.requireNonNull(tensors.get(key)).ravel().toDoubleVector())
                    .as(key)
                    .containsExactly(wanted.ravel().toDoubleVector(), within(1e-10)));
  }

  @Test
  void everyStepLeavesTheRanksAndValuesOfTheNetwork(@TempDir Path folder) {
    PeftModel<MultiLayerNetwork> layers = Peft.wrap(SameAsLayersTest.network(), CONFIG);
    start(layers);
    layers.network().setListeners(new AdaLoraListener(layers.adapter(NAME)));
    PeftModel<SameDiff> graph = graph();
    graph.network().setListeners(new AdaLoraSameDiffListener(graph.adapter(NAME)));

    List<Long> kept = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      layers.network().fit(data);
      graph.network().fit(data);
      assertThat(pattern(graph)).as("ranks after step " + step).isEqualTo(pattern(layers));
      assertSame(graph, layers);
      kept.add(pattern(graph).values().stream().flatMap(List::stream).filter(k -> k).count());
    }

    // ⌊2 + 4·(1 − (t − 3)/17)³⌋ after t = 4, 6, … 18, and 2 after 20.
    assertThat(kept.subList(4, STEPS))
        .containsExactly(
            5L, 5L, 4L, 4L, 3L, 3L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L, 2L);

    graph.save(folder);
    PeftModel<SameDiff> loaded =
        Peft.load(SameAsLayersTest.graph(SameAsLayersTest.network()), folder);
    assertThat(pattern(loaded)).isEqualTo(pattern(graph));
    assertThat(loaded.trainableParameters().trainable())
        .isLessThan(graph.trainableParameters().trainable());
    Map<String, INDArray> x = Map.of("x", data.getFeatures());
    INDArray difference =
        loaded.network().outputSingle(x, "y").sub(graph.network().outputSingle(x, "y"));
    // Files have 32 bits.
    assertThat(difference.amaxNumber().doubleValue()).isCloseTo(0, within(1e-5));
    assertThatThrownBy(() -> new AdaLoraSameDiffListener(loaded.adapter(NAME)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("removed ranks");
  }

  /** In the middle of the schedule, when ranks that are gone may still come back. */
  @Test
  void aScheduleThatGoesOnIsTheSameToTheBit() {
    PeftModel<SameDiff> whole = graph();
    whole.network().setListeners(new AdaLoraSameDiffListener(whole.adapter(NAME)));
    PeftModel<SameDiff> first = graph();
    AdaLoraSameDiffListener before = new AdaLoraSameDiffListener(first.adapter(NAME));
    first.network().setListeners(before);
    for (int step = 0; step < 11; step++) {
      whole.network().fit(data);
      first.network().fit(data);
    }
    Map<String, INDArray> kept = copies(before.state());
    assertThat(pattern(first).values()).anySatisfy(ranks -> assertThat(ranks).contains(false));

    PeftModel<SameDiff> second = graph();
    AdaLoraSameDiffListener after = new AdaLoraSameDiffListener(second.adapter(NAME));
    after.state().forEach((name, array) -> array.assign(kept.get(name)));
    after.restored();
    second.network().setListeners(after);
    Objects.requireNonNull(second.network().getTrainingConfig()).setIterationCount(11);
    assertThat(pattern(second)).isEqualTo(pattern(first));
    for (int step = 11; step < STEPS; step++) {
      whole.network().fit(data);
      second.network().fit(data);
    }
    assertThat(pattern(second)).isEqualTo(pattern(whole));
    assertThat(second.adapter(NAME).tensors()).isEqualTo(whole.adapter(NAME).tensors());
  }

  /**
   * Weights with several uses, whose gradient is a sum, and weights of operations that read a
   * changed one: after a step with β = 0.85 the mean importance is 0.15·|p·g|.
   */
  @ParameterizedTest
  @ValueSource(strings = {"product", "tied table", "images", "images as ONNX imports have them"})
  void theImportancesAreThoseOfTheGradients(String name) {
    GraphCase each = GraphCases.named(name);
    AdaLoraConfig config =
        AdaLoraConfig.builder()
            .initR(2)
            .targetR(1)
            .totalStep(9)
            .targetModules(name.startsWith("tied") ? "inner" : each.target())
            .build();
    PeftModel<SameDiff> model = Peft.wrap(each.base(DataType.DOUBLE), config);
    PeftModel<SameDiff> other = Peft.wrap(each.base(DataType.DOUBLE), config);
    start(model);
    start(other);
    AdaLoraSameDiffListener listener = new AdaLoraSameDiffListener(model.adapter(NAME));
    model.network().setListeners(listener);
    List<String> variables =
        other.adapter(NAME).tensors().keySet().stream()
            .map(key -> key.replaceFirst("base_model.model.", NAME + "/"))
            .toList();
    Map<String, INDArray> gradients =
        other.network().calculateGradients(each.values(DataType.DOUBLE), variables);
    // The importance of a step has the values after its update: θ − 0.5·g.
    Objects.requireNonNull(model.network().getTrainingConfig()).setUpdater(new Sgd(0.5));
    model.network().fit(each.data(DataType.DOUBLE));

    List<Double> expected = new ArrayList<>();
    other
        .adapter(NAME)
        .tensors()
        .forEach(
            (key, tensor) -> {
              INDArray g = gradients.get(key.replaceFirst("base_model.model.", NAME + "/"));
              INDArray updated = tensor.sub(Objects.requireNonNull(g).mul(0.5));
              for (double value : updated.mul(g).ravel().toDoubleVector()) {
                expected.add(0.15 * Math.abs(value));
              }
            });
    assertThat(expected).anyMatch(value -> value > 1e-6);
    INDArray importance = Objects.requireNonNull(listener.state().get("importance"));
    assertThat(importance.toDoubleVector())
        .containsExactly(
            expected.stream().mapToDouble(Double::doubleValue).toArray(), within(1e-12));
  }

  @Test
  void anAdapterThatDoesNotTrainIsNamed() {
    PeftModel<SameDiff> model = graph();
    model.network().setListeners(new AdaLoraSameDiffListener(model.adapter(NAME)));
    model.addAdapter("other", CONFIG);
    model.setActive("other");
    assertThatThrownBy(() -> model.network().fit(data))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("Adapter \"default\" is not trained in this graph");
  }
}
