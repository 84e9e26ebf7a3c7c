package org.peft4j.train.objective;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Scratch;
import org.peft4j.train.data.TokenBatch;

/** A batch as the arrays of one pass through a graph. Closing frees them. */
final class BatchArrays implements AutoCloseable {
  private final ComputationGraph graph;
  private final List<INDArray> inputs = new ArrayList<>();
  private final List<@Nullable INDArray> masks = new ArrayList<>();
  private final INDArray labels;

  BatchArrays(ComputationGraph graph, TokenBatch batch) {
    this.graph = graph;
    labels = Nd4j.createFromArray(batch.labels());
    add(batch.inputIds(), batch.isPadded(), batch.attentionMask());
    batch.decoder().ifPresent(decoder -> add(decoder.ids(), decoder.isPadded(), decoder.mask()));
  }

  private void add(int[][] ids, boolean padded, int[][] mask) {
    inputs.add(Nd4j.createFromArray(ids));
    masks.add(padded ? Nd4j.createFromArray(mask) : null);
  }

  MultiDataSet dataSet() {
    return new MultiDataSet(inputArray(), new INDArray[] {labels}, maskArray(), null);
  }

  /** Gives the arrays to the graph for its next pass. */
  void setInGraph() {
    graph.setInputs(inputArray());
    graph.setLabels(labels);
    INDArray @Nullable [] given = maskArray();
    if (given != null) {
      graph.setLayerMaskArrays(given, null);
    }
  }

  private INDArray[] inputArray() {
    return inputs.toArray(INDArray[]::new);
  }

  /** Null without padding. */
  private INDArray @Nullable [] maskArray() {
    return masks.stream().allMatch(mask -> mask == null) ? null : masks.toArray(INDArray[]::new);
  }

  @Override
  public void close() {
    graph.clear();
    graph.clearLayerMaskArrays();
    Scratch.release(labels);
    inputs.forEach(Scratch::release);
    masks.stream().flatMap(Stream::ofNullable).forEach(Scratch::release);
  }
}
