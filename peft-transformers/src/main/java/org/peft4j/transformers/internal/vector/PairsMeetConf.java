package org.peft4j.transformers.internal.vector;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.transformers.internal.vertex.PlainVertex;
import org.peft4j.transformers.internal.vertex.PlainVertexConf;

/** Configuration of the vertex that puts vectors of pictures behind those of texts. */
public final class PairsMeetConf extends PlainVertexConf {
  private static final long serialVersionUID = 1L;

  @Override
  public PairsMeetConf clone() {
    return new PairsMeetConf();
  }

  @Override
  protected PlainVertex vertex(ComputationGraph graph, String name, int index, DataType type) {
    return new PairsMeet(graph, name, index, type);
  }
}
