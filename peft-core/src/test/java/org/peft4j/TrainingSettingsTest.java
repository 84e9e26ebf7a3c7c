package org.peft4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.peft4j.testing.Plain.assertClose;

import java.util.List;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** A base model's settings of training reach its adapters, but not how far it was trained. */
class TrainingSettingsTest {
  /** A rate that is another at every one of the first iterations. */
  private static final Map<Integer, Double> RATES = Map.of(0, 0.1, 1, 0.01, 2, 0.001, 3, 1e-4);

  private static NeuralNetConfiguration.Builder settings(IUpdater updater) {
    return new NeuralNetConfiguration.Builder()
        .seed(3)
        .dataType(DataType.DOUBLE)
        .activation(Activation.IDENTITY)
        .updater(updater);
  }

  private static DenseLayer first() {
    return new DenseLayer.Builder().name("first").nIn(2).nOut(2).build();
  }

  private static OutputLayer out() {
    return new OutputLayer.Builder(LossFunction.MSE).name("out").nIn(2).nOut(2).build();
  }

  private static MultiLayerNetwork network(NeuralNetConfiguration.Builder settings) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(settings.list().layer(first()).layer(out()).build());
    network.init();
    return network;
  }

  private static ComputationGraph graph(NeuralNetConfiguration.Builder settings) {
    ComputationGraph graph =
        new ComputationGraph(
            settings
                .graphBuilder()
                .addInputs("in")
                .addLayer("first", first(), "in")
                .addLayer("out", out(), "first")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static INDArray afterTwoSteps(MultiLayerNetwork base) {
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, TwoLayers.biasOf("first"));
    model.network().fit(TwoLayers.data());
    model.network().fit(TwoLayers.data());
    assertThat(model.network().getIterationCount()).isEqualTo(2);
    return model.network().output(TwoLayers.x());
  }

  @Test
  void schedulesAndBiasCorrectionsBeginAtTheAdaptersFirstStep() {
    for (IUpdater updater :
        List.of(new Sgd(new MapSchedule(ScheduleType.ITERATION, RATES)), new Adam(0.1))) {
      MultiLayerNetwork trained = network(settings(updater));
      for (int i = 0; i < 3; i++) {
        trained.fit(TwoLayers.data());
      }
      MultiLayerNetwork untrained = network(settings(updater));
      untrained.setParams(trained.params());

      assertClose(afterTwoSteps(trained), afterTwoSteps(untrained).toDoubleMatrix());
      assertThat(trained.getIterationCount()).isEqualTo(3);
    }
  }

  @Test
  void aGraphsCountersBeginAtZeroToo() {
    ComputationGraph base = graph(settings(new Adam(0.1)));
    base.fit(TwoLayers.data());
    base.getConfiguration().setEpochCount(4);
    ComputationGraph network = Peft.wrap(base, TwoLayers.biasOf("first")).network();

    assertThat(network.getConfiguration().getIterationCount()).isZero();
    assertThat(network.getConfiguration().getEpochCount()).isZero();
    network.fit(TwoLayers.data());
    assertThat(network.getConfiguration().getIterationCount()).isEqualTo(1);
  }

  /**
   * Base model and BitFit of all layers train the same biases by the same rule, if the base model's
   * weights do not move: rate 0 for weights, another for biases, and decays of either.
   */
  @Test
  void copiesOfBiasesTrainAsTheBaseModelsBiases() {
    NeuralNetConfiguration.Builder settings =
        settings(new Sgd(0)).biasUpdater(new Sgd(0.2)).l2(0.3).l2Bias(0.05);
    MultiLayerNetwork base = network(settings);
    MultiLayerNetwork full = base.clone();
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, TwoLayers.biasOf("first", "out"));
    for (int i = 0; i < 3; i++) {
      full.fit(TwoLayers.data());
      model.network().fit(TwoLayers.data());
    }

    assertThat(full.getParam("0_b")).isNotEqualTo(base.getParam("0_b"));
    assertClose(model.network().output(TwoLayers.x()), full.output(TwoLayers.x()).toDoubleMatrix());
  }

  @Test
  void aNewRateIsThatOfWeightsAndBiases() {
    MultiLayerNetwork base = network(settings(new Sgd(0.5)).biasUpdater(new Sgd(0.2)));
    PeftModel<MultiLayerNetwork> model = Peft.wrap(base, TwoLayers.biasOf("first", "out"));
    INDArray before = model.network().params().dup();
    model.network().setLearningRate(0);
    model.network().fit(TwoLayers.data());
    assertThat(model.network().params()).isEqualTo(before);
  }
}
