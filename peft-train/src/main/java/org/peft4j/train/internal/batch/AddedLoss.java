package org.peft4j.train.internal.batch;

import java.util.Arrays;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** What methods add to the loss in training, such as AdaLoRA's orthogonality. */
public final class AddedLoss {
  private AddedLoss() {}

  /** The sum over the layers of a graph, for its present parameters. */
  public static double of(ComputationGraph graph) {
    return Arrays.stream(graph.getLayers()).mapToDouble(l -> l.calcRegularizationScore(true)).sum();
  }
}
