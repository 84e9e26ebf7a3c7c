package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.vertex.PlainVertex;
import org.peft4j.transformers.internal.vertex.PlainVertexConf;

/** Configuration of the vertex between an encoder and a decoder. */
public final class StacksMeetConf extends PlainVertexConf {
  private static final long serialVersionUID = 1L;

  /** For deserialisation. */
  public StacksMeetConf() {}

  public StacksMeetConf(FrozenModel model) {
    super(model.key());
  }

  @Override
  public StacksMeetConf clone() {
    StacksMeetConf clone = new StacksMeetConf();
    clone.setModelKey(getModelKey());
    return clone;
  }

  @Override
  protected PlainVertex vertex(ComputationGraph graph, String name, int index, DataType type) {
    return new StacksMeet(graph, name, index, type, FrozenModel.lookUp(getModelKey()));
  }

  @Override
  protected int passedOn() {
    return 1;
  }
}
