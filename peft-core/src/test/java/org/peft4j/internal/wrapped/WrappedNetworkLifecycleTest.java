package org.peft4j.internal.wrapped;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.nn.conf.BackpropType;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.junit.jupiter.api.Test;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.internal.graft.SharedState;
import org.peft4j.internal.original.stock.TestSlots;
import org.peft4j.kernel.Nd4jKernels;

/** A hosted recurrent network in what an application does with a network. */
class WrappedNetworkLifecycleTest {
  private static final int IN = 3;
  private static final int TIME = 6;

  private final MultiLayerNetwork base = base(BackpropType.Standard);
  private final INDArray before = base.params().dup();

  @Test
  void stepByStepEqualsTheWholeSequence() {
    MultiLayerNetwork network = wrapped(base, true).network();
    INDArray x = Nd4j.rand(DataType.DOUBLE, 2, IN, TIME);

    INDArray whole = network.output(x);

    for (int t = 0; t < TIME; t++) {
      INDArray step = network.rnnTimeStep(at(x, t));
      assertThat(step.sub(at(whole, t)).amaxNumber().doubleValue()).isLessThan(1e-12);
    }
    network.rnnClearPreviousState();
  }

  @Test
  void truncatedBackpropagationTrainsAdaptersOnly() {
    MultiLayerNetwork truncated = base(BackpropType.TruncatedBPTT);
    INDArray values = truncated.params().dup();
    MultiLayerNetwork network = wrapped(truncated, false).network();

    double first = network.score(data(0));
    for (int i = 0; i < 20; i++) {
      network.fit(data(0));
    }

    assertThat(network.score(data(0))).isLessThan(first);
    assertThat(truncated.params()).isEqualTo(values);
  }

  @Test
  void anIteratorCanBeFittedAndEvaluated() {
    MultiLayerNetwork network = wrapped(base, false).network();

    network.fit(iterator(), 3);
    Evaluation evaluation = network.evaluate(iterator());

    assertThat(evaluation.accuracy()).isBetween(0.0, 1.0);
    assertThat(base.params()).isEqualTo(before);
  }

  @Test
  void earlyStoppingKeepsTheBestModelInMemory() {
    MultiLayerNetwork network = wrapped(base, false).network();
    EarlyStoppingConfiguration<MultiLayerNetwork> configuration =
        new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
            .epochTerminationConditions(new MaxEpochsTerminationCondition(3))
            .scoreCalculator(new DataSetLossCalculator(iterator(), true))
            .modelSaver(new InMemoryModelSaver<>())
            .build();

    EarlyStoppingResult<MultiLayerNetwork> result =
        new EarlyStoppingTrainer(configuration, network, iterator()).fit();

    assertThat(result.getBestModel().numParams()).isEqualTo(network.numParams());
    assertThat(base.params()).isEqualTo(before);
  }

  @Test
  void replicasInParallelShareTheBase() throws Exception {
    WrappedNetwork wrapped = wrapped(base, false);
    MultiLayerNetwork network = wrapped.network();
    INDArray start = network.params().dup();

    try (ParallelWrapper wrapper =
        new ParallelWrapper.Builder<>(network).workers(2).averagingFrequency(1).build()) {
      wrapper.fit(iterator());
    }

    assertThat(network.params()).isNotEqualTo(start);
    assertThat(base.params()).isEqualTo(before);
  }

  private static INDArray at(INDArray sequence, int time) {
    return sequence.get(
        NDArrayIndex.all(), NDArrayIndex.all(), NDArrayIndex.interval(time, time + 1));
  }

  private static DataSetIterator iterator() {
    return new ListDataSetIterator<>(List.of(data(1), data(2), data(3), data(4)), 2);
  }

  private static DataSet data(long seed) {
    Nd4j.getRandom().setSeed(seed);
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, 1, 2, TIME);
    for (int t = 0; t < TIME; t++) {
      labels.putScalar(0, (int) (seed + t) % 2, t, 1);
    }
    return new DataSet(Nd4j.rand(DataType.DOUBLE, 1, IN, TIME), labels);
  }

  private static WrappedNetwork wrapped(MultiLayerNetwork network, boolean act) {
    WrappedNetwork wrapped = WrappedNetwork.of(network, SharedState.of(1), new Nd4jKernels());
    wrapped.activate(TestSlots.everywhere(wrapped, act));
    return wrapped;
  }

  private static MultiLayerNetwork base(BackpropType type) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .dataType(DataType.DOUBLE)
                .updater(new Adam(0.02))
                .list()
                .layer(new LSTM.Builder().nOut(4).build())
                .layer(
                    new RnnOutputLayer.Builder(LossFunction.MCXENT)
                        .nOut(2)
                        .activation(Activation.SOFTMAX)
                        .build())
                .backpropType(type)
                .tBPTTLength(2)
                .setInputType(InputType.recurrent(IN, TIME))
                .build());
    network.init();
    return network;
  }
}
