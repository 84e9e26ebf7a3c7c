package org.peft4j.internal.original;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.internal.graft.LayerGrafts;

/** The hosting of a graph vertex that has parameters, but is no layer. */
public interface OriginalVertex extends OriginalPart {
  /**
   * A vertex over the same frozen arrays with {@code grafts} on it.
   *
   * @param graph the wrapped network
   * @param index the vertex' index there
   */
  TwinVertex build(
      ComputationGraph graph, String name, int index, LayerGrafts grafts, DataType type);
}
