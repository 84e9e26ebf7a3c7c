package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.graph.ComputationGraph;

/** The positions that active adapters take before a text: prompts, and prefixes of attentions. */
public final class VirtualTokens {
  private VirtualTokens() {}

  /** Their number in the next pass of a graph, the model's own or a wrapped one. */
  public static int of(ComputationGraph graph) {
    for (Layer layer : graph.getLayers()) {
      if (OwnLayers.own(layer) instanceof EmbeddingsLayer embeddings) {
        return embeddings.positionsBefore();
      }
    }
    return 0;
  }
}
