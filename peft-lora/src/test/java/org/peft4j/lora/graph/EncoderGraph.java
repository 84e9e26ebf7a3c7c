package org.peft4j.lora.graph;

import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.testing.Values;

/**
 * A sentence encoder with the operations of an ONNX export of MiniLM: look-ups of words and
 * positions, layer norms written out, products over rows with biases added after them, attention of
 * heads, GELU by the error function, and the mean of the words. Its weights are constants, as
 * imports have them.
 */
final class EncoderGraph {
  static final int WORDS = 11;
  static final int TIME = 4;
  static final int BATCH = 3;
  static final int WIDTH = 8;
  private static final int HEADS = 2;
  private static final int EACH = WIDTH / HEADS;

  private final SameDiff graph = SameDiff.create();
  private final DataType type;
  private long seed = 50;

  private EncoderGraph(DataType type) {
    this.type = type;
  }

  /** With the placeholders ids and labels, the output vectors, and the loss. */
  static SameDiff of(DataType type, int layers) {
    return new EncoderGraph(type).encoder(layers);
  }

  private SameDiff encoder(int layers) {
    SDVariable ids = graph.placeHolder("ids", DataType.INT, BATCH, TIME);
    SDVariable words = graph.gather(weight("words", WORDS, WIDTH), ids, 0);
    SDVariable places = weight("positions", 1, TIME, WIDTH);
    SDVariable x = norm("embeddings", words.add(places).reshape(BATCH * TIME, WIDTH));
    for (int i = 0; i < layers; i++) {
      x = layer("layer." + i, x);
    }
    SDVariable vectors = x.reshape(BATCH, TIME, WIDTH).mean("vectors", 1);
    SDVariable labels = graph.placeHolder("labels", type, BATCH, WIDTH);
    graph.math.square(vectors.sub(labels)).mean("loss");
    graph.setLossVariables("loss");
    graph.setOutputs("vectors");
    return graph;
  }

  private SDVariable layer(String name, SDVariable x) {
    SDVariable q = heads(linear(name + ".query", x, WIDTH, WIDTH));
    SDVariable k = heads(linear(name + ".key", x, WIDTH, WIDTH));
    SDVariable v = heads(linear(name + ".value", x, WIDTH, WIDTH));
    SDVariable scores = graph.mmul(q, k, false, true, false).div(Math.sqrt(EACH));
    SDVariable seen = graph.mmul(graph.nn.softmax(scores, -1), v).permute(0, 2, 1, 3);
    SDVariable attended = linear(name + ".dense", seen.reshape(BATCH * TIME, WIDTH), WIDTH, WIDTH);
    SDVariable h = norm(name + ".attention", x.add(attended));
    SDVariable inner = linear(name + ".intermediate", h, WIDTH, 2 * WIDTH);
    SDVariable gelu = inner.mul(graph.math.erf(inner.div(Math.sqrt(2))).add(1.0)).mul(0.5);
    return norm(name + ".output", h.add(linear(name + ".output.dense", gelu, 2 * WIDTH, WIDTH)));
  }

  private SDVariable heads(SDVariable rows) {
    return rows.reshape(BATCH, TIME, HEADS, EACH).permute(0, 2, 1, 3);
  }

  private SDVariable linear(String name, SDVariable x, long in, long out) {
    return x.mmul(weight(name, in, out)).add(weight(name + ".bias", out));
  }

  private SDVariable norm(String name, SDVariable x) {
    SDVariable centred = x.sub(x.mean(true, 1));
    SDVariable variance = graph.math.square(centred).mean(true, 1);
    SDVariable normed = centred.div(graph.math.sqrt(variance.add(1e-12)));
    return normed.mul(weight(name + ".norm", WIDTH)).add(weight(name + ".norm.bias", WIDTH));
  }

  private SDVariable weight(String name, long... shape) {
    return graph.constant(name, Values.random(seed++, shape).muli(0.7).castTo(type));
  }

  /** Numbers of words, some of them twice in a sentence. */
  static org.nd4j.linalg.api.ndarray.INDArray ids() {
    return Nd4j.createFromArray(new int[][] {{1, 4, 4, 9}, {2, 0, 7, 10}, {3, 3, 5, 6}});
  }
}
