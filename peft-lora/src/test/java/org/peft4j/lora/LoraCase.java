package org.peft4j.lora;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * A small network with one sort of site.
 *
 * @param name the sort
 * @param target what to target, matching that sort alone
 * @param inputType of the network
 * @param x its input
 * @param y its labels
 * @param layers its layers
 */
record LoraCase(
    String name, String target, InputType inputType, INDArray x, INDArray y, Layer... layers) {
  private static final int ROWS = 6;
  private static final int IN = 5;
  private static final int OUT = 3;
  private static final int TIME = 4;

  /** Every sort of Deeplearning4j layer that LoRA supports. */
  static Stream<LoraCase> all() {
    return Stream.of(
        flat("dense", "layer", dense("layer")),
        flat("output", "out", dense("layer")),
        sequence("rnn output", "out", new LSTM.Builder().name("layer").nOut(6).build()),
        sequence("lstm", "layer", new LSTM.Builder().name("layer").nOut(6).build()),
        sequence(
            "lstm recurrent weight", "layer.RW", new LSTM.Builder().name("layer").nOut(6).build()),
        sequence("simple rnn", "layer", new SimpleRnn.Builder().name("layer").nOut(6).build()),
        sequence("bidirectional", "layer", bidirectional()),
        sequence("self attention", "layer", attention()),
        sequence("convolution 1d", "layer", convolution1d()),
        image(),
        ids("embedding", InputType.feedForward(9), 1, embedding()),
        ids("embedding sequence", InputType.recurrent(9), TIME, embeddingSequence()));
  }

  private static Layer dense(String name) {
    return new DenseLayer.Builder().name(name).nOut(6).build();
  }

  private static Layer bidirectional() {
    Bidirectional layer = new Bidirectional(new LSTM.Builder().nOut(4).build());
    layer.setLayerName("layer");
    return layer;
  }

  private static Layer attention() {
    return new SelfAttentionLayer.Builder()
        .name("layer")
        .nOut(6)
        .nHeads(2)
        .headSize(3)
        .projectInput(true)
        .build();
  }

  private static Layer convolution1d() {
    return new Convolution1DLayer.Builder(3)
        .name("layer")
        .nOut(6)
        .convolutionMode(ConvolutionMode.Same)
        .build();
  }

  private static Layer embedding() {
    return new EmbeddingLayer.Builder().name("layer").nIn(9).nOut(6).hasBias(true).build();
  }

  private static Layer embeddingSequence() {
    return new EmbeddingSequenceLayer.Builder()
        .name("layer")
        .nIn(9)
        .nOut(6)
        .inputLength(TIME)
        .build();
  }

  private static Layer softmax() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .name("out")
        .nOut(OUT)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static LoraCase flat(String name, String target, Layer layer) {
    return new LoraCase(
        name, target, InputType.feedForward(IN), random(ROWS, IN), labels(), layer, softmax());
  }

  private static LoraCase sequence(String name, String target, Layer layer) {
    INDArray y = Nd4j.zeros(ROWS, OUT, TIME);
    for (int i = 0; i < ROWS; i++) {
      for (int t = 0; t < TIME; t++) {
        y.putScalar(new int[] {i, (i + t) % OUT, t}, 1);
      }
    }
    Layer output =
        new RnnOutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(OUT)
            .activation(Activation.SOFTMAX)
            .build();
    return new LoraCase(
        name, target, InputType.recurrent(IN, TIME), random(ROWS, IN, TIME), y, layer, output);
  }

  private static LoraCase image() {
    Layer layer = new ConvolutionLayer.Builder(3, 3).name("layer").nOut(4).build();
    return new LoraCase(
        "convolution 2d",
        "layer",
        InputType.convolutional(6, 6, 2),
        random(ROWS, 2, 6, 6),
        labels(),
        layer,
        softmax());
  }

  private static LoraCase ids(String name, InputType type, int length, Layer layer) {
    INDArray x = Nd4j.zeros(DataType.FLOAT, ROWS, length);
    for (int i = 0; i < ROWS * length; i++) {
      x.putScalar(i / length, i % length, (i * 5) % 7);
    }
    return length == 1
        ? new LoraCase(name, "layer", type, x, labels(), layer, softmax())
        : new LoraCase(
            name, "layer", type, x, labels(), layer, new GlobalPoolingLayer(), softmax());
  }

  private static INDArray labels() {
    INDArray y = Nd4j.zeros(ROWS, OUT);
    for (int i = 0; i < ROWS; i++) {
      y.putScalar(i, i % OUT, 1);
    }
    return y;
  }

  private static INDArray random(long... shape) {
    Nd4j.getRandom().setSeed(1);
    return Nd4j.rand(DataType.FLOAT, shape).subi(0.5).muli(2);
  }

  MultiLayerNetwork base() {
    return base(DataType.FLOAT);
  }

  MultiLayerNetwork base(DataType type) {
    NeuralNetConfiguration.ListBuilder list =
        new NeuralNetConfiguration.Builder()
            .seed(7)
            .dataType(type)
            .updater(new Adam(0.02))
            .activation(Activation.TANH)
            .weightInit(new NormalDistribution(0, 0.6))
            .list();
    for (Layer layer : layers) {
      list.layer(layer.clone());
    }
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(inputType).build());
    network.init();
    return network;
  }

  DataSet data() {
    return new DataSet(x, y);
  }

  /** Plain LoRA there. */
  LoraConfig.Builder config() {
    return LoraConfig.builder().rank(2).alpha(4).targetModules(target);
  }

  @Override
  public String toString() {
    return name;
  }
}
