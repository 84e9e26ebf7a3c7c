package org.peft4j.transformers.internal.layer;

import java.util.OptionalLong;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** How many labels the head of a graph gave the highest logit. */
public final class RightLabels {
  private RightLabels() {}

  /**
   * Those of the last score in evaluation, until the next pass; empty for heads that do not label
   * tokens.
   */
  public static OptionalLong of(ComputationGraph graph) {
    return OwnLayers.own(graph.getOutputLayer(0)) instanceof LossLayer head
        ? head.right()
        : OptionalLong.empty();
  }
}
