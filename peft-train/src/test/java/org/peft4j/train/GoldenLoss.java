package org.peft4j.train;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.peft4j.PeftModel;
import org.peft4j.train.objective.Objective;

/** The loss of a graph's own head, for labels of every kind. */
final class GoldenLoss implements Objective<GoldenBatch> {
  @Override
  public double gradients(PeftModel<ComputationGraph> model, GoldenBatch batch) {
    ComputationGraph graph = model.network();
    graph.setInputs(batch.features());
    graph.setLabels(batch.labels());
    graph.setLayerMaskArrays(batch.masks(), null);
    graph.computeGradientAndScore();
    double loss = graph.score();
    graph.clear();
    graph.clearLayerMaskArrays();
    return loss;
  }

  @Override
  public double loss(PeftModel<ComputationGraph> model, GoldenBatch batch) {
    throw new UnsupportedOperationException("The reference has no evaluation.");
  }

  @Override
  public long predictions(GoldenBatch batch) {
    return 1; // One batch a step: what it is weighed with does not matter.
  }
}
