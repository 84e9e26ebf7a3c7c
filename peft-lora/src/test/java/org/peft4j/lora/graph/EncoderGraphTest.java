package org.peft4j.lora.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nd4j.autodiff.listeners.At;
import org.nd4j.autodiff.listeners.BaseListener;
import org.nd4j.autodiff.listeners.Operation;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.autodiff.samediff.VariableType;
import org.nd4j.autodiff.samediff.internal.Variable;
import org.nd4j.evaluation.regression.RegressionEvaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.dataset.adapter.SingletonMultiDataSetIterator;
import org.nd4j.linalg.learning.config.Adam;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.adapter.Tensors;
import org.peft4j.config.Bias;
import org.peft4j.error.PeftException;
import org.peft4j.lora.LoraConfig;
import org.peft4j.norm.NormTuningConfig;
import org.peft4j.plan.TrainableParameters;
import org.peft4j.site.Site;
import org.peft4j.site.SiteKind;
import org.peft4j.testing.CentralDifferences;
import org.peft4j.testing.Values;

/** LoRA in a graph with the operations of MiniLM. */
class EncoderGraphTest {
  private static final Map<String, INDArray> IDS = Map.of("ids", EncoderGraph.ids());

  @Test
  void everyWeightIsASiteWithItsBias() {
    List<Site> sites = Peft.bare(EncoderGraph.of(DataType.DOUBLE, 1), 0).sites();
    assertThat(named(sites, "words").kind()).isEqualTo(SiteKind.EMBEDDING);
    assertThat(named(sites, "layer.0.value").kind()).isEqualTo(SiteKind.LINEAR);
    assertThat(named(sites, "layer.0.intermediate").outputs()).isEqualTo(16);
    assertThat(named(sites, "layer.0.output.norm").kind()).isEqualTo(SiteKind.NORM);
    assertThat(sites)
        .filteredOn(site -> site.kind() == SiteKind.LINEAR || site.kind() == SiteKind.NORM)
        .hasSize(9)
        .allMatch(site -> site.parameters().size() == 2);
  }

  private static Site named(List<Site> sites, String name) {
    return sites.stream().filter(site -> site.name().equals(name)).findFirst().orElseThrow();
  }

  @Test
  void everyGradientIsTheSlopeOfTheLoss() {
    LoraConfig config =
        LoraConfig.builder()
            .rank(1)
            .alpha(2)
            .targetModules("layer.0.query", "layer.0.output.dense", "words")
            .bias(Bias.ALL)
            .build();
    SameDiff graph = Peft.wrap(EncoderGraph.of(DataType.DOUBLE, 1), config).network();
    Map<String, INDArray> values = trainable(graph);
    assertThat(values).hasSize(3 * 2 + 9);
    long seed = 80;
    for (INDArray value : values.values()) {
      value.addi(Values.random(seed++, value.shape()).muli(0.3));
    }
    Map<String, INDArray> batch =
        Map.of(
            "ids",
            EncoderGraph.ids(),
            "labels",
            Values.random(7, EncoderGraph.BATCH, EncoderGraph.WIDTH));
    CentralDifferences.assertGradients(
        new Tensors(values),
        new Tensors(graph.calculateGradients(batch, values.keySet())),
        () -> graph.outputSingle(batch, "loss").getDouble(0));
  }

  private static Map<String, INDArray> trainable(SameDiff graph) {
    Map<String, INDArray> arrays = new TreeMap<>();
    for (SDVariable variable : graph.variables()) {
      if (variable.getVariableType() == VariableType.VARIABLE) {
        arrays.put(variable.name(), variable.getArr());
      }
    }
    return arrays;
  }

  @Test
  void adaptersOfTwoMethodsActTogetherAndMerge(@TempDir Path folder) {
    PeftModel<SameDiff> model = lively();
    model.addAdapter(
        "norms", NormTuningConfig.builder().targetModules("layer.1.output.norm").build());
    model.adapter("norms").tensors().values().forEach(array -> array.addi(0.25));
    model.setActive("default", "norms");
    INDArray adapted = model.network().outputSingle(IDS, "vectors").dup();
    File file = folder.resolve("merged.fb").toFile();
    model.mergeAndUnload().save(file, false);
    INDArray merged = SameDiff.load(file, false).outputSingle(IDS, "vectors");
    assertThat(merged.sub(adapted).amaxNumber().doubleValue()).isCloseTo(0, within(1e-12));
    model.setActive("default");
    assertThat(model.network().outputSingle(IDS, "vectors")).isNotEqualTo(adapted);
  }

  private static PeftModel<SameDiff> lively() {
    LoraConfig config =
        LoraConfig.builder().rank(2).alpha(4).targetRegex("layer\\..*(query|value|dense)").build();
    PeftModel<SameDiff> model = Peft.wrap(EncoderGraph.of(DataType.DOUBLE, 2), config);
    long seed = 60;
    for (INDArray value : trainable(model.network()).values()) {
      value.addi(Values.random(seed++, value.shape()).muli(0.3));
    }
    return model;
  }

  @Test
  void listenersAndEvaluationSeeAdaptersAlone() {
    SameDiff graph = lively().network();
    graph.setTrainingConfig(
        TrainingConfig.builder()
            .updater(new Adam(0.01))
            .dataSetFeatureMapping("ids")
            .dataSetLabelMapping("labels")
            .minimize("loss")
            .build());
    MultiDataSet data =
        new MultiDataSet(
            EncoderGraph.ids(), Values.random(7, EncoderGraph.BATCH, EncoderGraph.WIDTH));
    Set<String> updated = new TreeSet<>();
    graph.fit(
        new SingletonMultiDataSetIterator(data),
        2,
        new BaseListener() {
          @Override
          public boolean isActive(Operation operation) {
            return operation == Operation.TRAINING;
          }

          @Override
          public void preUpdate(SameDiff of, At at, Variable variable, INDArray update) {
            updated.add(variable.getName());
          }
        });
    assertThat(updated).isEqualTo(trainable(graph).keySet());
    RegressionEvaluation evaluation = new RegressionEvaluation();
    graph.evaluate(new SingletonMultiDataSetIterator(data), "vectors", 0, evaluation);
    double loss =
        graph
            .outputSingle(Map.of("ids", data.getFeatures(0), "labels", data.getLabels(0)), "loss")
            .getDouble(0);
    assertThat(evaluation.averageMeanSquaredError()).isCloseTo(loss, within(1e-5));
  }

  @Test
  void aPlanCountsWhatWrappingTrains() {
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("layer.0.key", "words").build();
    SameDiff base = EncoderGraph.of(DataType.FLOAT, 1);
    TrainableParameters planned = Peft.plan(base, config).parameters();
    assertThat(planned).isEqualTo(Peft.wrap(base, config).trainableParameters());
    assertThat(planned.trainable()).isEqualTo(2 * (8 + 8) + 2 * (11 + 8));
  }

  @Test
  void threadsComputeAtOnce() throws Exception {
    SameDiff graph = lively().network();
    INDArray expected = graph.outputSingle(IDS, "vectors").dup();
    ExecutorService pool = Executors.newFixedThreadPool(3);
    try {
      Callable<INDArray> work = () -> graph.outputSingle(IDS, "vectors").dup();
      for (Future<INDArray> result : pool.invokeAll(List.of(work, work, work, work))) {
        assertThat(result.get()).isEqualTo(expected);
      }
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void theGradientOfAnInputIsThereForWhoAsks() {
    SameDiff base = SameDiff.create();
    SDVariable x = base.placeHolder("x", DataType.DOUBLE, 2, 3);
    SDVariable w = base.var("w", Values.random(1, 3, 4));
    base.math.square(x.mmul(w)).sum("loss");
    base.setLossVariables("loss");
    PeftModel<SameDiff> model =
        Peft.wrap(base, LoraConfig.builder().rank(1).targetModules("w").build());
    INDArray input = Values.random(2, 2, 3);
    SameDiff graph = model.network();
    graph.createGradFunction("x");
    Map<String, INDArray> gradients =
        graph.calculateGradients(Map.of("x", input), "x", "default/w.lora_B.weight");
    INDArray weight = w.getArr();
    INDArray expected = input.mmul(weight).muli(2).mmul(weight.transpose());
    assertThat(gradients.get("x").sub(expected).amaxNumber().doubleValue())
        .isCloseTo(0, within(1e-12));
    assertThat(gradients.get("default/w.lora_B.weight").amaxNumber().doubleValue()).isPositive();
  }

  @Test
  void whatAGraphCannotDoIsRefused(@TempDir Path folder) {
    SameDiff base = EncoderGraph.of(DataType.FLOAT, 1);
    assertThatThrownBy(
            () -> Peft.wrap(base, LoraConfig.builder().targetModules("positions").build()))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("positions");
    PeftModel<SameDiff> model =
        Peft.wrap(base, LoraConfig.builder().targetModules("layer.0.query").build());
    assertThatThrownBy(() -> Peft.bare(model.network(), 0)).hasMessageContaining("wrapped already");
    assertThatThrownBy(() -> model.adapterOfEachRow(List.of("default", "default", "default")))
        .hasMessageContaining("which rows belong");
    assertThatThrownBy(() -> model.adapter("default").gradients())
        .hasMessageContaining("calculateGradients");
    assertThatThrownBy(() -> model.training().places()).hasMessageContaining("only variables");
    model.close();
    assertThatThrownBy(() -> model.network().outputSingle(IDS, "vectors"))
        .hasMessageContaining("closed");
  }
}
