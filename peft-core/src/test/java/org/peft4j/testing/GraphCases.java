package org.peft4j.testing;

import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.stream.Stream;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.enums.WeightsFormat;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv1DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.Conv2DConfig;
import org.nd4j.linalg.api.ops.impl.layers.convolution.config.PaddingMode;
import org.nd4j.linalg.api.ops.impl.layers.recurrent.config.LSTMActivations;
import org.nd4j.linalg.api.ops.impl.layers.recurrent.config.LSTMDataFormat;
import org.nd4j.linalg.api.ops.impl.layers.recurrent.config.LSTMDirectionMode;
import org.nd4j.linalg.api.ops.impl.layers.recurrent.config.LSTMLayerConfig;
import org.nd4j.linalg.api.ops.impl.layers.recurrent.weights.LSTMLayerWeights;
import org.nd4j.linalg.factory.Nd4j;

/** Small graphs of SameDiff, one for each way in which a weight is used. */
public final class GraphCases {
  private static final int IN = 6;
  private static final int WIDTH = 8;
  private static final int OUT = 4;
  private static final int TIME = 3;

  private GraphCases() {}

  /** Every kind. */
  public static Stream<GraphCase> kinds() {
    return Stream.of(
        rows("product", "w", GraphCases::product),
        rows("affine", "w", GraphCases::affine),
        rows("product with a turned weight", "w", GraphCases::turned),
        rows("product with the weight first", "w", GraphCases::weightFirst),
        rows("product with the weight first and turned", "w", GraphCases::weightFirstTurned),
        rows("product with a turned input and result", "w", GraphCases::turnedAround),
        rows("affine with its function", "w", GraphCases::reluLayer),
        words("look-up", "table", GraphCases::lookUp),
        words("tied table", "table", GraphCases::tied),
        words("tied table, turned for its second use", "table", GraphCases::tiedTurned),
        images("images", "kernel", GraphCases::images),
        images("images as ONNX imports have them", "kernel", GraphCases::importedImages),
        steps("sequence convolution", "kernel", GraphCases::sequences),
        steps("queries of attention", "wq", GraphCases::attention),
        steps("keys of attention", "wk", GraphCases::attention),
        steps("attention", "wv", GraphCases::attention),
        steps("output of attention", "wo", GraphCases::attention),
        steps("lstm", "wx", GraphCases::lstm),
        steps("lstm, from step to step", "wr", GraphCases::lstm),
        rows("norm", "gain", GraphCases::norm),
        rows("after a function", "h", GraphCases::product),
        rows("after the output", "out", GraphCases::affine),
        images("after images", "h", GraphCases::images),
        images("after images as ONNX imports have them", "h", GraphCases::importedImages),
        images("right after their bias", "added", GraphCases::importedImages),
        steps("after steps", "h", GraphCases::sequences));
  }

  /** Kernels in the orders that SameDiff computes with, and does not train. */
  public static Stream<GraphCase> otherKernels() {
    return Stream.of(
        images("kernels [out, in, …]", "kernel", GraphCases::kernelsFirst),
        images("kernels [out, …, in]", "kernel", GraphCases::channelsLast));
  }

  /** The one of that name. */
  public static GraphCase named(String name) {
    return kinds().filter(each -> each.name().equals(name)).findFirst().orElseThrow();
  }

  private static GraphCase rows(String name, String target, Function<DataType, SameDiff> build) {
    return new GraphCase(name, target, build, false, new long[] {5, IN}, new long[] {5, OUT});
  }

  private static GraphCase words(String name, String target, Function<DataType, SameDiff> build) {
    long outputs = name.startsWith("tied") ? GraphCase.VOCABULARY : OUT;
    return new GraphCase(name, target, build, true, new long[] {2, TIME}, new long[] {2, outputs});
  }

  private static GraphCase images(String name, String target, Function<DataType, SameDiff> build) {
    return new GraphCase(name, target, build, false, new long[] {2, 3, 5, 5}, new long[] {2, OUT});
  }

  private static GraphCase steps(String name, String target, Function<DataType, SameDiff> build) {
    return new GraphCase(name, target, build, false, new long[] {2, IN, TIME}, new long[] {2, OUT});
  }

  /** A graph with its placeholders, whose weights are random and different. */
  private static final class Drawing {
    final SameDiff graph = SameDiff.create();
    final DataType type;
    final SDVariable x;
    private long seed = 100;

    Drawing(DataType type, DataType ofX, long... shape) {
      this.type = type;
      x = graph.placeHolder("x", ofX, shape);
    }

    SDVariable weight(String name, long... shape) {
      return graph.var(name, Values.random(seed++, shape).muli(0.6).castTo(type));
    }

    SDVariable constant(String name, long... shape) {
      return graph.constant(name, Values.random(seed++, shape).muli(0.6).castTo(type));
    }

    SameDiff output(SDVariable y, long... shape) {
      SDVariable out = graph.math.tanh("out", y);
      SDVariable labels = graph.placeHolder("labels", type, shape);
      graph.math.square(out.sub(labels)).mean("loss");
      return graph;
    }
  }

  private static Drawing rows(DataType type) {
    return new Drawing(type, type, -1, IN);
  }

  private static SameDiff product(DataType type) {
    Drawing d = rows(type);
    SDVariable below = d.graph.math.tanh(d.x.mmul(d.weight("below", IN, IN)));
    SDVariable h =
        d.graph.math.tanh("h", below.mmul(d.weight("w", IN, WIDTH)).add(d.weight("b", WIDTH)));
    return d.output(h.mmul(d.constant("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff affine(DataType type) {
    Drawing d = rows(type);
    SDVariable h = d.graph.nn.linear(d.x, d.weight("w", IN, WIDTH), d.weight("b", WIDTH));
    SDVariable out =
        d.graph.nn.linear(
            d.graph.math.tanh("h", h), d.weight("top", WIDTH, OUT), d.weight("c", OUT));
    return d.output(out, -1, OUT);
  }

  private static SameDiff reluLayer(DataType type) {
    Drawing d = rows(type);
    SDVariable h = d.graph.nn.reluLayer(d.x, d.weight("w", IN, WIDTH), d.weight("b", WIDTH));
    return d.output(h.mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff turned(DataType type) {
    Drawing d = rows(type);
    SDVariable h = d.graph.mmul(d.x, d.weight("w", WIDTH, IN), false, true, false);
    SDVariable biased = d.graph.math.tanh("h", d.graph.nn.biasAdd(h, d.weight("b", WIDTH), false));
    return d.output(biased.mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff weightFirst(DataType type) {
    Drawing d = rows(type);
    SDVariable h = d.graph.mmul(d.weight("w", WIDTH, IN), d.x, false, true, false);
    SDVariable y =
        d.graph.mmul(d.graph.math.tanh(h), d.weight("top", WIDTH, OUT), true, false, false);
    return d.output(y, -1, OUT);
  }

  private static SameDiff weightFirstTurned(DataType type) {
    Drawing d = rows(type);
    SDVariable h = d.graph.mmul(d.weight("w", IN, WIDTH), d.x, true, true, false);
    SDVariable y =
        d.graph.mmul(d.graph.math.tanh(h), d.weight("top", WIDTH, OUT), true, false, false);
    return d.output(y, -1, OUT);
  }

  private static SameDiff turnedAround(DataType type) {
    Drawing d = rows(type);
    SDVariable below = d.graph.math.tanh(d.x.mmul(d.weight("below", IN, IN)));
    SDVariable h = d.graph.mmul(below.permute(1, 0), d.weight("w", IN, WIDTH), true, false, true);
    SDVariable y =
        d.graph.mmul(d.graph.math.tanh(h), d.weight("top", WIDTH, OUT), true, false, false);
    return d.output(y, -1, OUT);
  }

  private static SameDiff lookUp(DataType type) {
    Drawing d = new Drawing(type, DataType.INT, -1, TIME);
    SDVariable words = d.graph.gather(d.weight("table", GraphCase.VOCABULARY, WIDTH), d.x, 0);
    return d.output(words.mean(1).mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff tied(DataType type) {
    return tied(type, (inner, table) -> inner.getSameDiff().mmul(inner, table, false, true, false));
  }

  private static SameDiff tiedTurned(DataType type) {
    return tied(type, (inner, table) -> inner.mmul(table.permute(1, 0)));
  }

  private static SameDiff tied(DataType type, BinaryOperator<SDVariable> head) {
    Drawing d = new Drawing(type, DataType.INT, -1, TIME);
    SDVariable table = d.weight("table", GraphCase.VOCABULARY, WIDTH);
    SDVariable h = d.graph.math.tanh(d.graph.gather(table, d.x, 0).mean(1));
    SDVariable inner = d.graph.math.tanh(h.mmul(d.weight("inner", WIDTH, WIDTH)));
    return d.output(head.apply(inner, table), -1, GraphCase.VOCABULARY);
  }

  private static SameDiff images(DataType type) {
    return images(type, WeightsFormat.YXIO, 2, 3, 3, WIDTH);
  }

  private static SameDiff kernelsFirst(DataType type) {
    return images(type, WeightsFormat.OIYX, WIDTH, 3, 2, 3);
  }

  private static SameDiff channelsLast(DataType type) {
    return images(type, WeightsFormat.OYXI, WIDTH, 2, 3, 3);
  }

  /** Kernels of 2 × 3. */
  private static SameDiff images(DataType type, WeightsFormat format, long... kernel) {
    Drawing d = new Drawing(type, type, -1, 3, 5, 5);
    SDVariable y =
        d.graph.cnn.conv2d(
            d.x,
            d.weight("kernel", kernel),
            d.weight("b", WIDTH),
            Conv2DConfig.builder()
                .kH(2)
                .kW(3)
                .sH(1)
                .sW(1)
                .dataFormat("NCHW")
                .weightsFormat(format)
                .build());
    SDVariable h = d.graph.math.tanh("h", y).mean(2, 3);
    return d.output(h.mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  /**
   * The operations that samediff-import-onnx makes of a Conv: kernels [out, in, height, width] are
   * turned and split into one part, the picture is padded and turned, the bias is added to the one
   * part joined, and the result is turned back.
   */
  private static SameDiff importedImages(DataType type) {
    Drawing d = new Drawing(type, type, -1, 3, 5, 5);
    SDVariable kernel = d.weight("kernel", WIDTH, 3, 2, 3).permute(2, 3, 1, 0);
    SDVariable edges =
        d.graph.constant(Nd4j.createFromArray(new int[][] {{0, 0}, {0, 0}, {1, 1}, {1, 1}}));
    SDVariable x = d.graph.nn.pad(d.x, edges, 0).permute(0, 2, 3, 1);
    SDVariable y =
        d.graph.cnn.conv2d(
            x,
            d.graph.split(kernel, 1, -1)[0],
            Conv2DConfig.builder()
                .kH(2)
                .kW(3)
                .sH(1)
                .sW(1)
                .dataFormat("NHWC")
                .weightsFormat(WeightsFormat.YXIO)
                .build());
    SDVariable added = d.graph.concat(-1, y).add("added", d.weight("b", WIDTH));
    SDVariable means = d.graph.math.tanh("h", added.permute(0, 3, 1, 2)).mean(2, 3);
    return d.output(means.mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff sequences(DataType type) {
    Drawing d = new Drawing(type, type, -1, IN, TIME);
    SDVariable y =
        d.graph.cnn.conv1d(
            d.x,
            d.weight("kernel", 2, IN, WIDTH),
            d.weight("b", WIDTH),
            Conv1DConfig.builder()
                .k(2)
                .s(1)
                .p(0)
                .dataFormat("NCW")
                .paddingMode(PaddingMode.VALID)
                .build());
    SDVariable h = d.graph.math.tanh("h", y).mean(2);
    return d.output(h.mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff attention(DataType type) {
    Drawing d = new Drawing(type, type, -1, IN, TIME);
    SDVariable y =
        d.graph.nn.multiHeadDotProductAttention(
            d.x,
            d.x,
            d.x,
            d.weight("wq", 2, 4, IN),
            d.weight("wk", 2, 4, IN),
            d.weight("wv", 2, 4, IN),
            d.weight("wo", 8, WIDTH),
            null,
            true);
    return d.output(y.mean(2).mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff lstm(DataType type) {
    Drawing d = new Drawing(type, type, -1, IN, TIME);
    LSTMLayerConfig config =
        LSTMLayerConfig.builder()
            .lstmdataformat(LSTMDataFormat.NST)
            .directionMode(LSTMDirectionMode.FWD)
            .gateAct(LSTMActivations.SIGMOID)
            .cellAct(LSTMActivations.TANH)
            .outAct(LSTMActivations.TANH)
            .retFullSequence(true)
            .retLastC(false)
            .retLastH(false)
            .build();
    SDVariable[] h =
        d.graph.rnn.lstmLayer(
            new String[] {"steps"},
            d.x,
            LSTMLayerWeights.builder()
                .weights(d.weight("wx", IN, 4 * WIDTH))
                .rWeights(d.weight("wr", WIDTH, 4 * WIDTH))
                .bias(d.weight("b", 4 * WIDTH))
                .build(),
            config);
    return d.output(h[0].mean(2).mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }

  private static SameDiff norm(DataType type) {
    Drawing d = rows(type);
    SDVariable h = d.x.mmul(d.weight("w", IN, WIDTH));
    SDVariable y =
        d.graph.nn.layerNorm(h, d.weight("gain", WIDTH), d.weight("shift", WIDTH), false, 1);
    return d.output(y.mmul(d.weight("top", WIDTH, OUT)), -1, OUT);
  }
}
