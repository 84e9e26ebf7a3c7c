package org.peft4j.transformers.generation;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.layers.RecurrentLayer;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;
import org.peft4j.transformers.internal.batch.EncoderSteps;
import org.peft4j.transformers.internal.batch.LeftPadding;
import org.peft4j.transformers.internal.batch.TextSteps;

/** The steps of a graph: the rows' first tokens at once, then one token of each row at a time. */
final class Steps implements AutoCloseable {
  private final ComputationGraph graph;
  private final boolean encodes;
  private Optional<int[][]> sources = Optional.empty();
  private Optional<INDArray> pictures = Optional.empty();

  Steps(ComputationGraph graph, boolean encodes) {
    this.graph = graph;
    this.encodes = encodes;
  }

  /** Begins with prompts that are padded on the left. */
  void begin(int[][] mask) {
    try (INDArray array = Nd4j.createFromArray(mask)) {
      LeftPadding.begin(graph, array);
    }
  }

  /** Begins with texts for the encoder, padded on the right. */
  void encode(List<int[]> texts, int padding) {
    int[][] ids = padded(texts, padding);
    int[][] mask = new int[ids.length][ids[0].length];
    for (int i = 0; i < ids.length; i++) {
      Arrays.fill(mask[i], 0, texts.get(i).length, 1);
    }
    try (INDArray array = Nd4j.createFromArray(mask)) {
      EncoderSteps.begin(graph, array);
    }
    sources = Optional.of(ids);
  }

  /** Begins with pictures for the encoder, [rows, channels, height, width]. */
  void encode(INDArray pixelValues) {
    graph.rnnClearPreviousState();
    pictures = Optional.of(pixelValues.dup('c'));
  }

  /** What the encoder reads in its first step; later, anything. */
  private INDArray source(int rows) {
    if (pictures.isPresent()) {
      INDArray pixels = pictures.get();
      pictures = Optional.empty();
      return pixels;
    }
    int[][] ids = sources.orElseGet(() -> new int[rows][1]);
    sources = Optional.empty();
    return Nd4j.createFromArray(ids);
  }

  /** Texts [rows, time], padded on the right. */
  static int[][] padded(List<int[]> texts, int padding) {
    int time = texts.stream().mapToInt(text -> text.length).max().orElse(0);
    int[][] ids = new int[texts.size()][time];
    for (int i = 0; i < ids.length; i++) {
      int[] text = texts.get(i);
      Arrays.fill(ids[i], padding);
      System.arraycopy(text, 0, ids[i], 0, text.length);
    }
    return ids;
  }

  /** Runs the model one step; returns the logits of each row's last position. */
  float[][] next(int[][] ids) {
    try (INDArray logits = logits(ids, 1)) {
      return IntStream.range(0, ids.length)
          .mapToObj(row -> logits.get(point(row), point(0), all()).toFloatVector())
          .toArray(float[][]::new);
    }
  }

  /** Runs the model on several tokens of one row; returns the logits of the last positions. */
  float[][] next(int[] ids, int positions) {
    try (INDArray logits = logits(new int[][] {ids}, positions)) {
      return IntStream.range(0, positions)
          .mapToObj(position -> logits.get(point(0), point(position), all()).toFloatVector())
          .toArray(float[][]::new);
    }
  }

  /** The logits of the last positions, [rows, positions, vocabulary]. */
  private INDArray logits(int[][] ids, int positions) {
    each(layer -> layer.readLast(positions));
    try (INDArray input = Nd4j.createFromArray(ids);
        INDArray source = source(ids.length)) {
      return (encodes ? graph.rnnTimeStep(source, input) : graph.rnnTimeStep(input))[0];
    }
  }

  /** Goes on as if the last tokens had not come. */
  void takeBack(int tokens) {
    each(layer -> layer.takeBack(tokens));
  }

  private void each(Consumer<TextSteps> action) {
    for (Layer layer : graph.getLayers()) {
      Layer own = layer instanceof BaseWrapperLayer host ? host.getUnderlying() : layer;
      if (own instanceof TextSteps steps) {
        action.accept(steps);
      }
    }
  }

  /**
   * Goes on with other rows: the i-th goes on from where {@code rows[i]} is now.
   *
   * @param count the number of rows now
   */
  void select(int[] rows, int count) {
    if (Arrays.equals(rows, IntStream.range(0, count).toArray())) {
      return;
    }
    for (Layer layer : graph.getLayers()) {
      if (layer instanceof RecurrentLayer recurrent) {
        Map<String, INDArray> selected = new HashMap<>();
        recurrent
            .rnnGetPreviousState()
            .forEach((name, array) -> selected.put(name, selected(array, rows, count)));
        recurrent.rnnSetPreviousState(selected);
        selected.values().forEach(INDArray::close);
      }
    }
  }

  /** An array that has not a row for each row is the same for all. */
  private static INDArray selected(INDArray array, int[] rows, int count) {
    INDArray whole = DetachedArrays.copy(array);
    if (array.size(0) != count) {
      return whole;
    }
    long[] shape = array.shape();
    shape[0] = rows.length;
    INDArray result = DetachedArrays.zeros(array.dataType(), shape);
    for (int i = 0; i < rows.length; i++) {
      result.slice(i).assign(whole.slice(rows[i]));
    }
    whole.close();
    return result;
  }

  @Override
  public void close() {
    each(layer -> layer.readLast(0));
    graph.rnnClearPreviousState();
  }
}
