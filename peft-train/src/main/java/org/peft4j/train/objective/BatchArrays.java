package org.peft4j.train.objective;

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
  private final INDArray ids;
  private final INDArray labels;
  private final INDArray @Nullable [] mask;

  BatchArrays(ComputationGraph graph, TokenBatch batch) {
    this.graph = graph;
    ids = Nd4j.createFromArray(batch.inputIds());
    labels = Nd4j.createFromArray(batch.labels());
    mask = batch.isPadded() ? new INDArray[] {Nd4j.createFromArray(batch.attentionMask())} : null;
  }

  MultiDataSet dataSet() {
    return new MultiDataSet(new INDArray[] {ids}, new INDArray[] {labels}, mask, null);
  }

  /** Gives the arrays to the graph for its next pass. */
  void setInGraph() {
    graph.setInputs(ids);
    graph.setLabels(labels);
    if (mask != null) {
      graph.setLayerMaskArrays(mask, null);
    }
  }

  @Override
  public void close() {
    graph.clear();
    graph.clearLayerMaskArrays();
    Scratch.release(ids, labels);
    if (mask != null) {
      Scratch.release(mask);
    }
  }
}
