package org.peft4j.internal.planning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.MergeVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.error.PeftException;

/** The estimate for a batch: all outputs, and four of the largest. */
class LayerOutputsTest {
  private static MultiLayerConfiguration recurrent() {
    return new NeuralNetConfiguration.Builder()
        .list()
        .layer(new LSTM.Builder().nIn(3).nOut(6).build())
        .layer(
            new RnnOutputLayer.Builder(LossFunction.MCXENT)
                .nIn(6)
                .nOut(2)
                .activation(Activation.SOFTMAX)
                .build())
        .build();
  }

  private static ComputationGraphConfiguration merging() {
    return new NeuralNetConfiguration.Builder()
        .graphBuilder()
        .addInputs("a", "b")
        .setInputTypes(InputType.feedForward(3), InputType.feedForward(4))
        .addLayer("left", new DenseLayer.Builder().nOut(5).build(), "a")
        .addLayer("right", new DenseLayer.Builder().nOut(6).build(), "b")
        .addVertex("both", new MergeVertex(), "left", "right")
        .addLayer("out", new OutputLayer.Builder(LossFunction.MSE).nOut(2).build(), "both")
        .setOutputs("out")
        .build();
  }

  @Test
  void everyStepOfASequenceCounts() {
    // 6 and 2 features at each of 10 steps; the larger output four times more.
    long elements = 10 * (6 + 2) + 4 * 10 * 6;

    assertThat(LayerOutputs.bytes(recurrent(), DataType.FLOAT, 7, InputType.recurrent(3, 10)))
        .isEqualTo(7 * 4 * elements);
    assertThat(LayerOutputs.bytes(recurrent(), DataType.DOUBLE, 7, InputType.recurrent(3, 10)))
        .isEqualTo(7 * 8 * elements);
  }

  @Test
  void everyPixelOfAnImageCounts() {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(new ConvolutionLayer.Builder(2, 2).nIn(1).nOut(3).build())
            .layer(new OutputLayer.Builder(LossFunction.MSE).nOut(2).build())
            .setInputType(InputType.convolutional(5, 4, 1))
            .build();

    assertThat(
            LayerOutputs.bytes(configuration, DataType.FLOAT, 1, InputType.convolutional(5, 4, 1)))
        .isEqualTo(4 * (3 * 4 * 3 + 2 + 4 * (3 * 4 * 3)));
  }

  @Test
  void verticesOfAGraphCountAndItsInputsDoNot() {
    long elements = 5 + 6 + 11 + 2 + 4 * 11;

    assertThat(
            LayerOutputs.bytes(
                merging(),
                DataType.FLOAT,
                2,
                List.of(InputType.feedForward(3), InputType.feedForward(4))))
        .isEqualTo(2 * 4 * elements);
  }

  @Test
  void anEstimateLeavesTheConfigurationAsItWas() {
    ComputationGraphConfiguration graph = merging();
    MultiLayerConfiguration network = recurrent();
    String before = graph.toJson() + network.toJson();

    LayerOutputs.bytes(
        graph, DataType.FLOAT, 2, List.of(InputType.feedForward(3), InputType.feedForward(4)));
    LayerOutputs.bytes(network, DataType.FLOAT, 2, InputType.recurrent(3, 10));

    assertThat(graph.toJson() + network.toJson()).isEqualTo(before);
  }

  @Test
  void aSequenceWithoutALengthHasNoSize() {
    assertThatThrownBy(
            () -> LayerOutputs.bytes(recurrent(), DataType.FLOAT, 2, InputType.recurrent(3)))
        .isInstanceOf(PeftException.class)
        .hasMessage("The sequence length is unknown. Give it: InputType.recurrent(size, length).");
  }

  @Test
  void inputsThatDoNotFitAreTold() {
    assertThatThrownBy(
            () ->
                LayerOutputs.bytes(merging(), DataType.FLOAT, 2, List.of(InputType.feedForward(3))))
        .isInstanceOf(PeftException.class)
        .hasMessageStartingWith("Inputs of the types [")
        .hasMessageContaining("do not fit this network: ");
    assertThatThrownBy(
            () -> LayerOutputs.bytes(recurrent(), DataType.FLOAT, 2, InputType.feedForward(3)))
        .isInstanceOf(PeftException.class)
        .hasMessageContaining("do not fit this network: ");
  }

  @Test
  void aBatchHasAnExampleAtLeast() {
    assertThatThrownBy(
            () -> LayerOutputs.bytes(recurrent(), DataType.FLOAT, 0, InputType.recurrent(3, 4)))
        .isInstanceOf(PeftException.class)
        .hasMessage("The batch is 0; allowed: 1 and above.");
  }
}
