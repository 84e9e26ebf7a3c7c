package org.peft4j.host.stock;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.CenterLossOutputLayer;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PReLULayer;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.RnnOutputLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SeparableConvolution2D;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayer;
import org.deeplearning4j.nn.conf.layers.misc.FrozenLayerWithBackprop;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
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
        sequences("rnn output with masks", RNNFormat.NCW, true),
        flat("batch norm", new BatchNormalization.Builder().name("layer").build()),
        flat(
            "batch norm with log std",
            new BatchNormalization.Builder().name("layer").useLogStd(true).build()),
        flat("frozen layer", new FrozenLayer(dense("layer").dropOut(0.5).build())),
        flat(
            "frozen layer with backprop",
            new FrozenLayerWithBackprop(dense("layer").dropOut(0.5).build())),
        flat("prelu", new PReLULayer.Builder().name("layer").inputShape(HIDDEN).build()),
        centerLoss(),
        embedding(),
        embeddingSequence("embedding sequence", RNNFormat.NCW, false),
        embeddingSequence("embedding sequence, batch-time-features, masked", RNNFormat.NWC, true),
        sequences("lstm", RNNFormat.NCW, false, lstm(RNNFormat.NCW)),
        sequences("lstm with masks", RNNFormat.NCW, true, lstm(RNNFormat.NCW)),
        sequences("lstm, batch-time-features", RNNFormat.NWC, false, lstm(RNNFormat.NWC)),
        sequences(
            "graves lstm, frozen",
            RNNFormat.NCW,
            false,
            new GravesLSTM.Builder().name("g").nOut(HIDDEN).build()),
        sequences(
            "simple rnn",
            RNNFormat.NCW,
            false,
            new SimpleRnn.Builder().name("layer").nOut(HIDDEN).build()),
        sequences(
            "bidirectional lstm",
            RNNFormat.NCW,
            true,
            new Bidirectional(Bidirectional.Mode.CONCAT, lstm(RNNFormat.NCW))),
        sequences(
            "bidirectional simple rnn",
            RNNFormat.NCW,
            false,
            new Bidirectional(
                Bidirectional.Mode.ADD,
                new SimpleRnn.Builder().name("layer").nOut(HIDDEN).build())),
        lastTimeStep(),
        sequences(
            "self-attention",
            RNNFormat.NCW,
            true,
            new SelfAttentionLayer.Builder()
                .name("layer")
                .nOut(HIDDEN)
                .nHeads(2)
                .headSize(3)
                .projectInput(true)
                .build()),
        sequences(
            "recurrent attention",
            RNNFormat.NCW,
            false,
            new RecurrentAttentionLayer.Builder()
                .name("layer")
                .nOut(HIDDEN)
                .nHeads(2)
                .headSize(3)
                .projectInput(true)
                .build()),
        sequences(
            "convolution 1d",
            RNNFormat.NCW,
            false,
            new Convolution1DLayer.Builder(3)
                .name("layer")
                .nOut(HIDDEN)
                .convolutionMode(ConvolutionMode.Same)
                .build()),
        images(
            "convolution 2d",
            true,
            new ConvolutionLayer.Builder(2, 3).name("layer").nOut(4).build()),
        images(
            "convolution 2d without bias",
            false,
            new ConvolutionLayer.Builder(2, 2).name("layer").nOut(4).hasBias(false).build()),
        images(
            "batch norm of channels", true, new BatchNormalization.Builder().name("layer").build()),
        images(
            "pooling, which has no parameters",
            true,
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                .name("layer")
                .kernelSize(2, 2)
                .build()),
        flat("dense with l2", dense("layer").l2(0.01).build()),
        images(
            "separable convolution, frozen",
            true,
            new SeparableConvolution2D.Builder(2, 2).name("layer").nOut(4).build()));
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

  private static LSTM lstm(RNNFormat format) {
    return new LSTM.Builder().name("layer").nOut(HIDDEN).dataFormat(format).build();
  }

  private static StockCase centerLoss() {
    Layer output =
        new CenterLossOutputLayer.Builder(LossFunction.MCXENT)
            .name("out")
            .nOut(OUT)
            .lambda(0.3)
            .activation(Activation.SOFTMAX)
            .build();
    return new StockCase(
        "center loss",
        InputType.feedForward(IN),
        random(ROWS, IN),
        labels(ROWS),
        null,
        null,
        dense("below").build(),
        output);
  }

  private static StockCase embedding() {
    return new StockCase(
        "embedding",
        InputType.feedForward(7),
        Nd4j.createFromArray(new double[][] {{2}, {0}, {2}, {6}}),
        labels(ROWS),
        null,
        null,
        new EmbeddingLayer.Builder().name("layer").nIn(7).nOut(HIDDEN).hasBias(true).build(),
        softmax(true));
  }

  private static StockCase embeddingSequence(String name, RNNFormat format, boolean masked) {
    StockCase like = sequences(name, format, masked);
    Layer embedding =
        new EmbeddingSequenceLayer.Builder()
            .name("layer")
            .nIn(7)
            .nOut(HIDDEN)
            .inputLength(TIME)
            .hasBias(masked)
            .outputDataFormat(format)
            .build();
    INDArray ids =
        Nd4j.createFromArray(
            new double[][] {{2, 0, 2, 6}, {1, 1, 5, 3}, {0, 1, 2, 3}, {6, 6, 6, 6}});
    return new StockCase(
        name,
        InputType.recurrent(7, TIME, format),
        ids,
        like.y(),
        like.xMask(),
        like.yMask(),
        embedding,
        like.layers()[0]);
  }

  private static StockCase lastTimeStep() {
    return new StockCase(
        "last time step of lstm",
        InputType.recurrent(IN, TIME),
        random(ROWS, IN, TIME),
        labels(ROWS),
        null,
        null,
        new LastTimeStep(lstm(RNNFormat.NCW)),
        softmax(true));
  }

  private static StockCase images(String name, boolean bias, Layer layer) {
    return new StockCase(
        name,
        InputType.convolutional(4, 5, 2),
        random(ROWS, 2, 4, 5),
        labels(ROWS),
        null,
        null,
        new ConvolutionLayer.Builder(2, 2).name("below").nOut(3).build(),
        layer,
        softmax(bias));
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
