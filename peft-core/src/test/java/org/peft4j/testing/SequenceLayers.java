package org.peft4j.testing;

import static org.deeplearning4j.nn.conf.RNNFormat.NCW;
import static org.deeplearning4j.nn.conf.RNNFormat.NWC;

import java.util.stream.Stream;
import org.deeplearning4j.nn.conf.ConvolutionMode;
import org.deeplearning4j.nn.conf.RNNFormat;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.Convolution1DLayer;
import org.deeplearning4j.nn.conf.layers.EmbeddingSequenceLayer;
import org.deeplearning4j.nn.conf.layers.GravesBidirectionalLSTM;
import org.deeplearning4j.nn.conf.layers.GravesLSTM;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.conf.layers.Layer;
import org.deeplearning4j.nn.conf.layers.RecurrentAttentionLayer;
import org.deeplearning4j.nn.conf.layers.SelfAttentionLayer;
import org.deeplearning4j.nn.conf.layers.recurrent.Bidirectional;
import org.deeplearning4j.nn.conf.layers.recurrent.LastTimeStep;
import org.deeplearning4j.nn.conf.layers.recurrent.SimpleRnn;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Layers of sequences. Not the learned self-attention, which Deeplearning4j 1.0.0-M2.1 itself
 * cannot run.
 */
final class SequenceLayers {
  private static final int HEADS = 2;

  private SequenceLayers() {}

  static Stream<LayerCase> kinds() {
    return Stream.of(
        sequences("rnn output", NCW, false, lstm(NCW)).targeting("rnn output", "out"),
        embedding("embedding sequence", NCW, false, true),
        sequences("lstm", NCW, false, lstm(NCW)),
        sequences("simple rnn", NCW, false, simpleRnn()),
        sequences("bidirectional lstm", NCW, true, both(Bidirectional.Mode.CONCAT, lstm(NCW))),
        lastTimeStep(),
        sequences("self-attention", NCW, true, attention()),
        sequences("recurrent attention", NCW, false, recurrentAttention()),
        sequences("convolution 1d", NCW, false, convolution()));
  }

  static Stream<LayerCase> rare() {
    return Stream.of(
        sequences("graves lstm", NCW, false, graves()),
        sequences("graves bidirectional lstm", NCW, false, gravesOfBothDirections()));
  }

  static Stream<LayerCase> variants() {
    LayerCase plain = sequences("lstm", NCW, false, lstm(NCW));
    return Stream.of(
        outputAlone("rnn output alone", NCW, false),
        outputAlone("rnn output, batch-time-features", NWC, false),
        outputAlone("rnn output with masks", NCW, true),
        embedding("embedding sequence without bias", NCW, false, false),
        embedding("embedding sequence, batch-time-features, masked", NWC, true, true),
        sequences("lstm with masks", NCW, true, lstm(NCW)),
        sequences("lstm, batch-time-features", NWC, false, lstm(NWC)),
        plain.targeting("lstm recurrent weight", "layer.RW"),
        sequences("graves lstm with masks", NCW, true, graves()),
        sequences(
            "bidirectional graves lstm", NCW, false, both(Bidirectional.Mode.CONCAT, graves())),
        sequences(
            "bidirectional simple rnn", NCW, false, both(Bidirectional.Mode.ADD, simpleRnn())));
  }

  private static LSTM lstm(RNNFormat format) {
    return new LSTM.Builder().name("layer").nOut(Samples.WIDTH).dataFormat(format).build();
  }

  private static GravesLSTM graves() {
    return new GravesLSTM.Builder().name("layer").nOut(Samples.WIDTH).build();
  }

  private static GravesBidirectionalLSTM gravesOfBothDirections() {
    return new GravesBidirectionalLSTM.Builder().name("layer").nOut(Samples.WIDTH).build();
  }

  private static SimpleRnn simpleRnn() {
    return new SimpleRnn.Builder().name("layer").nOut(Samples.WIDTH).build();
  }

  private static Layer both(Bidirectional.Mode mode, Layer direction) {
    Bidirectional layer = new Bidirectional(mode, direction);
    layer.setLayerName("layer");
    return layer;
  }

  private static Layer attention() {
    return new SelfAttentionLayer.Builder()
        .name("layer")
        .nOut(Samples.WIDTH)
        .nHeads(HEADS)
        .headSize(3)
        .projectInput(true)
        .build();
  }

  private static Layer recurrentAttention() {
    return new RecurrentAttentionLayer.Builder()
        .name("layer")
        .nOut(Samples.WIDTH)
        .nHeads(HEADS)
        .headSize(3)
        .projectInput(true)
        .build();
  }

  private static Layer convolution() {
    return new Convolution1DLayer.Builder(3)
        .name("layer")
        .nOut(Samples.WIDTH)
        .convolutionMode(ConvolutionMode.Same)
        .build();
  }

  private static LayerCase outputAlone(String name, RNNFormat format, boolean masked) {
    return sequences(name, format, masked).targeting(name, "out");
  }

  private static LayerCase embedding(String name, RNNFormat format, boolean masked, boolean bias) {
    LayerCase like = sequences(name, format, masked);
    Layer embedding =
        new EmbeddingSequenceLayer.Builder()
            .name("layer")
            .nIn(7)
            .nOut(Samples.WIDTH)
            .inputLength(Samples.TIME)
            .hasBias(bias)
            .outputDataFormat(format)
            .build();
    INDArray ids =
        Nd4j.createFromArray(
            new double[][] {{2, 0, 2, 6}, {1, 1, 5, 3}, {0, 1, 2, 3}, {6, 6, 6, 6}});
    return new LayerCase(
        name,
        "layer",
        InputType.recurrent(7, Samples.TIME, format),
        ids,
        like.y(),
        like.xMask(),
        like.yMask(),
        embedding,
        like.layers()[0]);
  }

  private static LayerCase lastTimeStep() {
    LastTimeStep layer = new LastTimeStep(lstm(NCW));
    layer.setLayerName("layer");
    return new LayerCase(
        "last time step of lstm",
        "layer",
        InputType.recurrent(Samples.IN, Samples.TIME),
        Samples.random(Samples.ROWS, Samples.IN, Samples.TIME),
        Samples.labels(Samples.ROWS),
        null,
        null,
        layer,
        Samples.softmax(true));
  }

  private static LayerCase sequences(
      String name, RNNFormat format, boolean masked, Layer... layers) {
    INDArray x = Samples.random(Samples.ROWS, Samples.IN, Samples.TIME);
    INDArray y =
        Samples.labels(Samples.ROWS * Samples.TIME)
            .reshape('c', Samples.ROWS, Samples.TIME, Samples.OUT);
    @Nullable INDArray mask = masked ? mask() : null;
    return new LayerCase(
        name,
        "layer",
        InputType.recurrent(Samples.IN, Samples.TIME, format),
        format == NCW ? x : x.permute(0, 2, 1).dup('c'),
        format == NCW ? y.permute(0, 2, 1).dup('c') : y,
        mask,
        mask,
        Stream.concat(Stream.of(layers), Stream.of(Samples.softmaxOfSteps(format)))
            .toArray(Layer[]::new));
  }

  private static INDArray mask() {
    return Nd4j.createFromArray(
        new float[][] {{1, 1, 1, 1}, {1, 1, 0, 0}, {1, 0, 0, 0}, {1, 1, 1, 0}});
  }
}
