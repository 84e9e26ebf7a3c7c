package org.peft4j.host.stock;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** Deeplearning4j's sorts of layers, each in a small network. */
final class StockCases {
  private static final int ROWS = 4;
  private static final int IN = 5;
  private static final int HIDDEN = 6;
  private static final int OUT = 3;
  private static final int TIME = 4;

  private StockCases() {}

  static Stream<StockCase> all() {
    return Stream.of(
        flat("dense", dense("layer").build()),
        flat("dense without bias", dense("layer").hasBias(false).build()),
        flat("dense with layer norm", dense("layer").hasLayerNorm(true).build()),
        sequences("rnn output", RNNFormat.NCW, false),
        sequences("rnn output, batch-time-features", RNNFormat.NWC, false),
        sequences("rnn output with masks", RNNFormat.NCW, true));
  }

  private static DenseLayer.Builder dense(String name) {
    return new DenseLayer.Builder().name(name).nOut(HIDDEN);
  }

  private static Layer softmax(boolean bias) {
    return new OutputLayer.Builder(LossFunction.MCXENT)
        .name("out")
        .nOut(OUT)
        .hasBias(bias)
        .activation(Activation.SOFTMAX)
        .build();
  }

  private static StockCase flat(String name, Layer layer) {
    return new StockCase(
        name,
        InputType.feedForward(IN),
        random(ROWS, IN),
        labels(ROWS),
        null,
        null,
        dense("below").build(),
        layer,
        softmax(!name.contains("without bias")));
  }

  private static StockCase sequences(
      String name, RNNFormat format, boolean masked, Layer... layers) {
    boolean channelsFirst = format == RNNFormat.NCW;
    INDArray x = random(ROWS, IN, TIME);
    INDArray y = labels(ROWS * TIME).reshape('c', ROWS, TIME, OUT).permute(0, 2, 1).dup('c');
    INDArray mask = masked ? mask() : null;
    Layer output =
        new RnnOutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(OUT)
            .dataFormat(format)
            .activation(Activation.SOFTMAX)
            .build();
    Layer[] all = java.util.Arrays.copyOf(layers, layers.length + 1);
    all[layers.length] = output;
    return new StockCase(
        name,
        InputType.recurrent(IN, TIME, format),
        channelsFirst ? x : x.permute(0, 2, 1).dup('c'),
        channelsFirst ? y : y.permute(0, 2, 1).dup('c'),
        mask,
        mask,
        all);
  }

  private static INDArray mask() {
    return Nd4j.createFromArray(
        new float[][] {{1, 1, 1, 1}, {1, 1, 0, 0}, {1, 0, 0, 0}, {1, 1, 1, 0}});
  }

  private static INDArray random(long... shape) {
    Nd4j.getRandom().setSeed(1);
    return Nd4j.rand(DataType.DOUBLE, shape).subi(0.5).muli(2);
  }

  private static INDArray labels(int rows) {
    INDArray labels = Nd4j.zeros(DataType.DOUBLE, rows, OUT);
    for (int i = 0; i < rows; i++) {
      labels.putScalar(i, (i * 7 + i / 3) % OUT, 1);
    }
    return labels;
  }
}
