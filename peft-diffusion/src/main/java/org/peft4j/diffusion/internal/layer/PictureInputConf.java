package org.peft4j.diffusion.internal.layer;

import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.buffer.DataType;
import org.peft4j.diffusion.internal.model.PictureModel;
import org.peft4j.transformers.internal.vertex.PlainVertex;
import org.peft4j.transformers.internal.vertex.PlainVertexConf;

/** Configuration of the vertex before a model's first layer. */
public final class PictureInputConf extends PlainVertexConf {
  private static final long serialVersionUID = 1L;

  /** For deserialisation. */
  public PictureInputConf() {}

  public PictureInputConf(PictureModel model) {
    super(model.key());
  }

  @Override
  public PictureInputConf clone() {
    PictureInputConf clone = new PictureInputConf();
    clone.setModelKey(getModelKey());
    return clone;
  }

  @Override
  protected PlainVertex vertex(ComputationGraph graph, String name, int index, DataType type) {
    return new PictureInput(graph, name, index, type, PictureModel.lookUp(getModelKey()));
  }

  @Override
  public int minVertexInputs() {
    return 1;
  }

  @Override
  public int maxVertexInputs() {
    return 3;
  }
}
