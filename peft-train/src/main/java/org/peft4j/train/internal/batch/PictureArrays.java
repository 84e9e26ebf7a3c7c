package org.peft4j.train.internal.batch;

import java.util.List;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.MultiDataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.Scratch;
import org.peft4j.train.data.picture.LabelValue;
import org.peft4j.train.data.picture.PictureBatch;

/**
 * Pictures as the arrays of one pass through a graph. Closing frees them, and what the graph kept.
 */
public final class PictureArrays implements AutoCloseable {
  private final ComputationGraph graph;
  private final INDArray pixels;
  private final INDArray labels;

  /** The arrays of a batch for that graph. */
  public PictureArrays(ComputationGraph graph, PictureBatch batch) {
    this.graph = graph;
    this.pixels = Nd4j.createFromArray(batch.pixels()).reshape('c', batch.shape());
    this.labels = labels(batch.labels());
  }

  /** The numbers of classes, [pictures, 1], or numbers, [pictures, outputs]. */
  private static INDArray labels(List<LabelValue> labels) {
    if (labels.get(0).number().isPresent()) {
      return Nd4j.createFromArray(
          labels.stream().map(each -> new int[] {each.number().orElse(0)}).toArray(int[][]::new));
    }
    return Nd4j.createFromArray(labels.stream().map(LabelValue::numbers).toArray(float[][]::new));
  }

  /** Pictures and labels. */
  public MultiDataSet dataSet() {
    return new MultiDataSet(new INDArray[] {pixels}, new INDArray[] {labels});
  }

  /** Gives pictures and labels to the graph for its next pass. */
  public void setInGraph() {
    graph.setInputs(pixels);
    graph.setLabels(labels);
  }

  @Override
  public void close() {
    graph.clear();
    Scratch.release(pixels);
    Scratch.release(labels);
  }
}
