package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.transformers.internal.vertex.PlainVertex;
import org.peft4j.transformers.internal.vertex.PlainVertexConf;

/** Configuration of the vertex that joins tokens and their types. */
public final class TypedTokensConf extends PlainVertexConf {
  private static final long serialVersionUID = 1L;

  @Override
  public TypedTokensConf clone() {
    return new TypedTokensConf();
  }

  @Override
  protected PlainVertex vertex(ComputationGraph graph, String name, int index, DataType type) {
    return new TypedTokens(graph, name, index, type);
  }
}
