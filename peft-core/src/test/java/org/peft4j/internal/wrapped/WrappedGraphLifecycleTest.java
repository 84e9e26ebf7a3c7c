package org.peft4j.internal.wrapped;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.AttentionVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.optimize.listeners.CollectScoresListener;
import org.deeplearning4j.optimize.listeners.ScoreIterationListener;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.original.stock.TestSlots;
import org.peft4j.kernel.Nd4jKernels;
import org.peft4j.site.Site;

/** A hosted graph with an attention vertex in what an application does with a graph. */
class WrappedGraphLifecycleTest {
  private static final int IN = 3;
  private static final int TIME = 4;

  private final INDArray x = Nd4j.rand(DataType.DOUBLE, 2, IN, TIME);
  private final INDArray y = labels();

  @Test
  void theSitesOfAnAttentionVertexAreItsProjections() {
    assertThat(wrapped(base()).originals().values().stream().flatMap(h -> h.sites().stream()))
        .extracting(Site::name)
        .contains("attention.Wq", "attention.Wk", "attention.Wv", "attention.Wo");
  }

  @Test
  void adaptersThatAddNothingLeaveTheOutputBitEqual() {
    ComputationGraph base = base();
    WrappedGraph wrapped = wrapped(base);
    wrapped.activate(TestSlots.everywhere(wrapped, false));

    assertThat(wrapped.network().outputSingle(x)).isEqualTo(base.outputSingle(x));
  }

  @Test
  void everyGradientEqualsCentralDifferences() {
    WrappedGraph wrapped = wrapped(base());
    wrapped.activate(TestSlots.everywhere(wrapped, true));
    ComputationGraph network = wrapped.network();
    network.setInput(0, x);
    network.setLabel(0, y);
    network.computeGradientAndScore();
    INDArray gradient = network.getFlattenedGradients().dup();

    INDArray parameters = network.params();
    for (int i = 0; i < parameters.length(); i += 2) {
      double value = parameters.getDouble(i);
      parameters.putScalar(i, value + 1e-6);
      double up = network.score(new DataSet(x, y), false);
      parameters.putScalar(i, value - 1e-6);
      double down = network.score(new DataSet(x, y), false);
      parameters.putScalar(i, value);
      assertThat(gradient.getDouble(i) / 2)
          .as("parameter %d", i)
          .isCloseTo((up - down) / 2e-6, within(1e-6));
    }
  }

  @Test
  void fittingMovesAdaptersOnlyAndListenersSeeIt() {
    ComputationGraph base = base();
    INDArray before = base.params().dup();
    WrappedGraph wrapped = wrapped(base);
    wrapped.activate(TestSlots.everywhere(wrapped, false));
    CollectScoresListener scores = new CollectScoresListener(1);
    wrapped.network().setListeners(scores, new ScoreIterationListener(10));

    for (int i = 0; i < 20; i++) {
      wrapped.network().fit(new DataSet(x, y));
    }

    assertThat(base.params()).isEqualTo(before);
    assertThat(scores.getListScore().getDouble(19)).isLessThan(scores.getListScore().getDouble(0));
  }

  @Test
  void aConfigurationThatWentThroughJsonGivesAWorkingReplica() {
    WrappedGraph wrapped = wrapped(base());
    wrapped.activate(TestSlots.everywhere(wrapped, true));
    ComputationGraph network = wrapped.network();

    ComputationGraph replica =
        new ComputationGraph(
            ComputationGraphConfiguration.fromJson(network.getConfiguration().toJson()));
    replica.init(network.params().dup(), false);
    INDArray expected = network.outputSingle(x);
    replica.fit(new DataSet(x, y));

    assertThat(network.outputSingle(x)).isEqualTo(expected);
    assertThat(replica.outputSingle(x)).isNotEqualTo(expected);
  }

  @Test
  void aCloneHasTheSameOutputsAndParametersOfItsOwn() {
    WrappedGraph wrapped = wrapped(base());
    wrapped.activate(TestSlots.everywhere(wrapped, true));
    INDArray expected = wrapped.network().outputSingle(x);

    ComputationGraph clone = wrapped.network().clone();

    assertThat(clone.outputSingle(x)).isEqualTo(expected);
    clone.params().addi(1);
    assertThat(wrapped.network().outputSingle(x)).isEqualTo(expected);
  }

  @Test
  void activatingManyTimesDoesNotGrowNativeMemory() throws InterruptedException {
    WrappedGraph wrapped = wrapped(base());
    var slots = TestSlots.everywhere(wrapped, true);
    for (int i = 0; i < 50; i++) {
      wrapped.activate(i % 2 == 0 ? slots : List.of());
    }
    long before = org.bytedeco.javacpp.Pointer.totalBytes();

    for (int i = 0; i < 1_000; i++) {
      wrapped.activate(i % 2 == 0 ? slots : List.of());
    }

    assertThat(grown(before)).isLessThan(1 << 20);
  }

  /** What stays after collections: small arrays of Deeplearning4j's own wait for the collector. */
  private static long grown(long before) throws InterruptedException {
    long grown = org.bytedeco.javacpp.Pointer.totalBytes() - before;
    for (int i = 0; i < 20 && grown >= 1 << 20; i++) {
      System.gc();
      Thread.sleep(100);
      grown = org.bytedeco.javacpp.Pointer.totalBytes() - before;
    }
    return grown;
  }

  private static WrappedGraph wrapped(ComputationGraph base) {
    return WrappedGraph.of(base, SharedState.of(1), new Nd4jKernels());
  }

  private static ComputationGraph base() {
    AttentionVertex attention =
        new AttentionVertex.Builder()
            .nHeads(2)
            .headSize(2)
            .projectInput(true)
            .nInQueries(4)
            .nInKeys(4)
            .nInValues(4)
            .nOut(5)
            .build();
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.02))
                .graphBuilder()
                .addInputs("in")
                .setInputTypes(InputType.recurrent(IN, TIME))
                .addLayer("lstm", new LSTM.Builder().nOut(4).build(), "in")
                .addVertex("attention", attention, "lstm", "lstm", "lstm")
                .addLayer(
                    "out",
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build(),
                    "attention")
                .setOutputs("out")
                .build());
    graph.init();
    return graph;
  }

  private static INDArray labels() {
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, 2, 2, TIME);
    for (int i = 0; i < 2; i++) {
      for (int t = 0; t < TIME; t++) {
        labels.putScalar(i, (i + t) % 2, t, 1);
      }
    }
    return labels;
  }
}
