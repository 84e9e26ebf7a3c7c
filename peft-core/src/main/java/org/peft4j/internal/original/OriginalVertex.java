package org.peft4j.internal.original;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;

/** A vertex of the base graph with parameters and without a layer. */
public interface OriginalVertex extends OriginalPart {
  /**
   * Builds the twin: a vertex over the same frozen arrays with {@code grafts}.
   *
   * @param graph the wrapped network
   * @param index the vertex's index there
   */
  TwinVertex build(
      ComputationGraph graph, String name, int index, LayerGrafts grafts, DataType type);
}
