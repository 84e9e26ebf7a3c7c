package org.peft4j.ia3;

import java.util.Objects;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.LossLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;
import org.peft4j.Peft;
import org.peft4j.PeftModel;
import org.peft4j.testing.Plain;
import org.peft4j.testing.Values;

/** What a layer computes with (IA)³ on it, against the formula. */
class Ia3LayersTest {
  private static MultiLayerNetwork network(Layer layer, InputType input) {
    MultiLayerNetwork network =
        new MultiLayerNetwork(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .dataType(DataType.DOUBLE)
                .activation(Activation.IDENTITY)
                .weightInit(new NormalDistribution(0, 1))
                .biasInit(0.5)
                .list()
                .layer(layer)
                .layer(new LossLayer.Builder(LossFunction.MSE).name("out").build())
                .setInputType(input)
                .build());
    network.init();
    return network;
  }

  private static PeftModel<MultiLayerNetwork> wrap(
      MultiLayerNetwork base, boolean input, double... l) {
    Ia3Config.Builder config = Ia3Config.builder().targetModules("layer");
    PeftModel<MultiLayerNetwork> model =
        Peft.wrap(base, (input ? config.feedforwardModules("layer") : config).build());
    INDArray vector =
        Objects.requireNonNull(
            model.adapter(Peft.DEFAULT_ADAPTER).tensors().get("base_model.model.layer.ia3_l"));
    vector.assign(Nd4j.createFromArray(l).reshape(vector.shape()));
    return model;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aDenseLayersOutputIsScaledWithItsBiasOrItsInputWithout(boolean input) {
    MultiLayerNetwork base =
        network(new DenseLayer.Builder().name("layer").nOut(2).build(), InputType.feedForward(3));
    INDArray x = Values.random(1, 4, 3);
    double[] l = input ? new double[] {2, -1, 0.5} : new double[] {2, -1};

    INDArray actual = wrap(base, input, l).network().output(x);

    double[][] w = Plain.of(base.getParam("0_W"));
    double[][] expected = new double[4][2];
    for (int row = 0; row < 4; row++) {
      for (int j = 0; j < 2; j++) {
        double sum = 0;
        for (int i = 0; i < 3; i++) {
          sum += (input ? l[i] : 1) * x.getDouble(row, i) * w[i][j];
        }
        expected[row][j] = input ? sum + 0.5 : l[j] * (sum + 0.5);
      }
    }
    Plain.assertClose(actual, expected);
  }

  @Test
  void aConvolutionsOutputChannelsAreScaledWithTheirBiases() {
    MultiLayerNetwork base =
        network(
            new ConvolutionLayer.Builder(2, 2).name("layer").nOut(3).build(),
            InputType.convolutional(3, 3, 2));
    INDArray x = Values.random(2, 1, 2, 3, 3);
    double[] l = {2, -1, 0};

    INDArray actual = wrap(base, false, l).network().output(x);

    double[][] expected = Plain.of(channels(base.output(x)));
    for (int channel = 0; channel < 3; channel++) {
      for (int i = 0; i < 4; i++) {
        expected[channel][i] *= l[channel];
      }
    }
    Plain.assertClose(channels(actual), expected);
  }

  @Test
  void aConvolutionsInputChannelsAreScaledBeforeIt() {
    MultiLayerNetwork base =
        network(
            new ConvolutionLayer.Builder(2, 2).name("layer").nOut(3).build(),
            InputType.convolutional(3, 3, 2));
    INDArray x = Values.random(3, 1, 2, 3, 3);
    INDArray scaled = x.dup();
    channel(scaled, 0).muli(2);
    channel(scaled, 1).muli(-3);

    INDArray actual = wrap(base, true, 2, -3).network().output(x);

    Plain.assertClose(channels(actual), Plain.of(channels(base.output(scaled))));
  }

  /** A channel of the only image of a batch. */
  private static INDArray channel(INDArray images, int channel) {
    return images.tensorAlongDimension(channel, 2, 3);
  }

  /** The output for the only image, a row of 2 × 2 numbers for each channel. */
  private static INDArray channels(INDArray output) {
    return output.reshape('c', 3, 4);
  }
}
