package org.peft4j.bottleneck;

import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.distribution.NormalDistribution;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/**
 * A small network of two layers of a sort and an output layer, and a sort of bottleneck adapter.
 *
 * @param layers those before the output
 */
record LayerCase(
    String name, String preset, InputType inputType, INDArray x, INDArray y, List<Layer> layers) {
  private static final int ROWS = 6;
  private static final int IN = 5;
  private static final int OUT = 3;
  private static final int TIME = 4;
  private static final int WIDTH = 8;

  static Stream<LayerCase> all() {
    return Stream.of("houlsby", "pfeiffer", "compacter", "compacter++")
        .flatMap(
            preset ->
                Stream.of(
                    dense(preset),
                    lstm(preset, RNNFormat.NCW),
                    lstm(preset, RNNFormat.NWC),
                    bidirectional(preset),
                    convolution(preset, CNN2DFormat.NCHW),
                    convolution(preset, CNN2DFormat.NHWC)));
  }

  private static LayerCase dense(String preset) {
    return new LayerCase(
        "dense",
        preset,
        InputType.feedForward(IN),
        random(ROWS, IN),
        labels(ROWS),
        List.of(
            new DenseLayer.Builder().name("lower").nOut(WIDTH).build(),
            new DenseLayer.Builder().name("upper").nOut(WIDTH).build(),
            softmax()));
  }

  private static LayerCase lstm(String preset, RNNFormat format) {
    return sequences(
        "lstm " + format,
        preset,
        format,
        new LSTM.Builder().name("lower").nOut(WIDTH).dataFormat(format).build(),
        new LSTM.Builder().name("upper").nOut(WIDTH).dataFormat(format).build());
  }

  private static LayerCase bidirectional(String preset) {
    Bidirectional layer = new Bidirectional(new LSTM.Builder().nOut(WIDTH).build());
    layer.setLayerName("upper");
    return sequences("bidirectional lstm", preset, RNNFormat.NCW, layer);
  }

  private static LayerCase sequences(
      String name, String preset, RNNFormat format, Layer... layers) {
    INDArray x = random(ROWS, TIME, IN);
    INDArray y = labels(ROWS * TIME).reshape('c', ROWS, TIME, OUT);
    boolean last = format == RNNFormat.NWC;
    Layer output =
        new RnnOutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(OUT)
            .dataFormat(format)
            .activation(Activation.SOFTMAX)
            .build();
    return new LayerCase(
        name,
        preset,
        InputType.recurrent(IN, TIME, format),
        last ? x : x.permute(0, 2, 1).dup('c'),
        last ? y : y.permute(0, 2, 1).dup('c'),
        Stream.concat(Stream.of(layers), Stream.of(output)).toList());
  }

  private static LayerCase convolution(String preset, CNN2DFormat format) {
    INDArray x = random(ROWS, 2, 6, 5);
    return new LayerCase(
        "convolution " + format,
        preset,
        InputType.convolutional(6, 5, 2, format),
        format == CNN2DFormat.NCHW ? x : x.permute(0, 2, 3, 1).dup('c'),
        labels(ROWS),
        List.of(
            new ConvolutionLayer.Builder(3, 2).name("lower").nOut(4).dataFormat(format).build(),
            new ConvolutionLayer.Builder(2, 2).name("upper").nOut(WIDTH).dataFormat(format).build(),
            softmax()));
  }

  private static Layer softmax() {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .name("out")
        .nOut(OUT)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static INDArray labels(int rows) {
    INDArray y = Nd4j.zeros(DataType.DOUBLE, rows, OUT);
    for (int i = 0; i < rows; i++) {
      y.putScalar(i, (i * 7 + i / 3) % OUT, 1);
    }
    return y;
  }

  private static INDArray random(long... shape) {
    Nd4j.getRandom().setSeed(1);
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  /** A config without targets: after every layer. */
  BottleneckConfig.Builder config() {
    return switch (preset) {
      case "houlsby" -> BottleneckConfig.houlsby().reductionFactor(2);
      case "pfeiffer" -> BottleneckConfig.pfeiffer().reductionFactor(3);
      case "compacter" -> BottleneckConfig.compacter().reductionFactor(1);
      case "compacter++" ->
          BottleneckConfig.compacterPlusPlus().reductionFactor(1).phm(Phm.DEFAULT.with(2, 2));
      default -> throw new IllegalArgumentException(preset);
    };
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
    layers.forEach(layer -> list.layer(layer.clone()));
    MultiLayerNetwork network = new MultiLayerNetwork(list.setInputType(inputType).build());
    network.init();
    return network;
  }

  DataSet data(DataType type) {
    return new DataSet(x.castTo(type), y.castTo(type));
  }

  @Override
  public String toString() {
    return preset + " after " + name;
  }
}
