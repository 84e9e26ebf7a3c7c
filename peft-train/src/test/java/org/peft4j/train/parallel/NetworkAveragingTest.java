package org.peft4j.train.parallel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.deeplearning4j.datasets.iterator.IteratorMultiDataSetIterator;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.lora.LoraConfig;
import org.peft4j.testing.Values;

/** A graph with two inputs and two outputs, on a {@code MultiDataSetIterator} of each worker. */
class NetworkAveragingTest {
  private static final int ROWS = 12;
  private static final int EPOCHS = 3;

  private static PeftModel<ComputationGraph> graph(IUpdater updater) {
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(updater)
                .graphBuilder()
                .addInputs("x", "z")
                .setInputTypes(InputType.feedForward(3), InputType.feedForward(2))
                .addVertex("both", new MergeVertex(), "x", "z")
                .addLayer(
                    "inner",
                    new DenseLayer.Builder().nOut(4).activation(Activation.TANH).build(),
                    "both")
                .addLayer("first", output(2), "inner")
                .addLayer("second", output(1), "inner")
                .setOutputs("first", "second")
                .build());
    graph.init();
    LoraConfig config = LoraConfig.builder().rank(2).targetModules("inner", "first").build();
    return Peft.wrap(graph, config, 4);
  }

  private static OutputLayer output(int width) {
    return new OutputLayer.Builder(LossFunction.MSE)
        .nOut(width)
        .activation(Activation.IDENTITY)
        .build();
  }

  /** Rows {@code first}, first + each, … in batches. */
  private static IteratorMultiDataSetIterator rows(int first, int each, int batch) {
    List<org.nd4j.linalg.dataset.api.MultiDataSet> rows = new ArrayList<>();
    for (int i = first; i < ROWS; i += each) {
      rows.add(
          new MultiDataSet(
              new INDArray[] {row(i, 3), row(i + 100, 2)},
              new INDArray[] {row(i + 200, 2), row(i + 300, 1)}));
    }
    return new IteratorMultiDataSetIterator(rows.iterator(), batch);
  }

  private static INDArray row(long seed, int width) {
    return Values.random(seed, 1, width).castTo(Nd4j.dataType());
  }

  private static float[] trained(Workers workers, IUpdater updater, int every, int batch) {
    try (PeftModel<ComputationGraph> model = graph(updater)) {
      float[] start = model.network().params().toFloatVector();
      NetworkAveraging averaging = new NetworkAveraging(workers, every);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        averaging.fit(model.network(), rows(workers.rank(), workers.size(), batch));
      }
      float[] end = model.network().params().toFloatVector();
      assertThat(end).isNotEqualTo(start);
      return end;
    }
  }

  @Test
  void twoWorkersTrainAsOneWithTwiceTheBatch() {
    float[] one = trained(Workers.alone(), new Sgd(0.1), 1, 4);

    List<float[]> two = Ring.of(2, workers -> trained(workers, new Sgd(0.1), 1, 2));

    assertThat(two.get(1)).isEqualTo(two.get(0));
    assertThat(two.get(0)).containsExactly(one, within(1e-6f));
  }

  /** The mean of momentums is the momentum of the mean, as long as means are taken at once. */
  @Test
  void theUpdatersStatesAreAveragedToo() {
    IUpdater momentum = new Nesterovs(0.05, 0.8);
    float[] one = trained(Workers.alone(), momentum, 1, 4);

    List<float[]> two = Ring.of(2, workers -> trained(workers, momentum, 1, 2));

    assertThat(two.get(0)).containsExactly(one, within(1e-6f));
  }

  /** Every three batches of one row, that is twice in an epoch. */
  @Test
  void betweenMeansEachGoesItsOwnWay() {
    List<float[]> two = Ring.of(2, workers -> trained(workers, new Sgd(0.1), 3, 1));

    float[] expected = byHand();
    assertThat(two.get(1)).isEqualTo(two.get(0));
    assertThat(two.get(0)).containsExactly(expected, within(1e-6f));
  }

  private static float[] byHand() {
    try (PeftModel<ComputationGraph> first = graph(new Sgd(0.1));
        PeftModel<ComputationGraph> second = graph(new Sgd(0.1))) {
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        IteratorMultiDataSetIterator own = rows(0, 2, 1);
        IteratorMultiDataSetIterator other = rows(1, 2, 1);
        for (int batch = 1; own.hasNext(); batch++) {
          first.network().fit(own.next());
          second.network().fit(other.next());
          if (batch % 3 == 0) {
            INDArray mean = first.network().params().add(second.network().params()).divi(2);
            first.network().params().assign(mean);
            second.network().params().assign(mean);
          }
        }
      }
      return first.network().params().toFloatVector();
    }
  }
}
