package org.peft4j.diffusion.internal.layer;

import java.util.Objects;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.diffusion.internal.model.PictureModel;

/** Configuration of the vertex before a model's first layer, which has no parameters. */
public final class PictureInputConf extends GraphVertex {
  private static final long serialVersionUID = 1L;

  private @Nullable String modelKey;

  /** For deserialisation. */
  public PictureInputConf() {}

  public PictureInputConf(PictureModel model) {
    this.modelKey = model.key();
  }

  public @Nullable String getModelKey() {
    return modelKey;
  }

  public void setModelKey(String modelKey) {
    this.modelKey = modelKey;
  }

  @Override
  public PictureInputConf clone() {
    PictureInputConf clone = new PictureInputConf();
    clone.modelKey = modelKey;
    return clone;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof PictureInputConf conf && Objects.equals(modelKey, conf.modelKey);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(modelKey);
  }

  @Override
  public long numParams(boolean backprop) {
    return 0;
  }

  @Override
  public int minVertexInputs() {
    return 1;
  }

  @Override
  public int maxVertexInputs() {
    return 3;
  }

  @Override
  public org.deeplearning4j.nn.graph.vertex.GraphVertex instantiate(
      ComputationGraph graph,
      String name,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    return new PictureInput(graph, name, index, type, PictureModel.lookUp(modelKey));
  }

  @Override
  public InputType getOutputType(int index, InputType... inputs) {
    return inputs[0];
  }

  @Override
  public MemoryReport getMemoryReport(InputType... inputs) {
    return new LayerMemoryReport.Builder(null, PictureInputConf.class, inputs[0], inputs[0])
        .standardMemory(0, 0)
        .workingMemory(0, 0, 0, 0)
        .build();
  }
}
