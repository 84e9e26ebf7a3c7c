package org.peft4j.train.objective;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.data.picture.PictureBatch;
import org.peft4j.train.internal.batch.AddedLoss;
import org.peft4j.train.internal.batch.PictureArrays;

/**
 * The loss that the head of a classifier of pictures computes, as {@link CrossEntropy} has it for
 * texts.
 */
public final class PictureCrossEntropy implements Objective<PictureBatch> {
  @Override
  public BatchLoss gradients(PeftModel<ComputationGraph> model, PictureBatch batch) {
    ComputationGraph graph = model.network();
    try (PictureArrays arrays = new PictureArrays(graph, batch)) {
      arrays.setInGraph();
      graph.computeGradientAndScore();
      return BatchLoss.of(graph.score());
    }
  }

  @Override
  public BatchLoss loss(PeftModel<ComputationGraph> model, PictureBatch batch) {
    ComputationGraph graph = model.network();
    try (PictureArrays arrays = new PictureArrays(graph, batch)) {
      return BatchLoss.of(graph.score(arrays.dataSet(), false) - AddedLoss.of(graph));
    }
  }

  /** The number of pictures. */
  @Override
  public long predictions(PictureBatch batch) {
    return batch.labels().size();
  }
}
