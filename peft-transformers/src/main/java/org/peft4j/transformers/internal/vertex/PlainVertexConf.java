package org.peft4j.transformers.internal.vertex;

import java.util.Objects;
import org.deeplearning4j.nn.conf.graph.GraphVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.memory.LayerMemoryReport;
import org.deeplearning4j.nn.conf.memory.MemoryReport;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The configuration of a vertex without parameters, of two inputs unless it says otherwise. It may
 * have the key of the model whose vertex it is.
 */
public abstract class PlainVertexConf extends GraphVertex {
  private static final long serialVersionUID = 1L;

  private @Nullable String modelKey;

  /** One without a model, or for deserialisation. */
  protected PlainVertexConf() {}

  protected PlainVertexConf(@Nullable String modelKey) {
    this.modelKey = modelKey;
  }

  public final @Nullable String getModelKey() {
    return modelKey;
  }

  public final void setModelKey(@Nullable String modelKey) {
    this.modelKey = modelKey;
  }

  /** The vertex. */
  protected abstract PlainVertex vertex(
      ComputationGraph graph, String name, int index, DataType type);

  /** The number of the input whose type the output has. */
  protected int passedOn() {
    return 0;
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof PlainVertexConf conf
        && getClass() == conf.getClass()
        && Objects.equals(modelKey, conf.modelKey);
  }

  @Override
  public final int hashCode() {
    return Objects.hash(getClass(), modelKey);
  }

  @Override
  public final long numParams(boolean backprop) {
    return 0;
  }

  @Override
  public int minVertexInputs() {
    return 2;
  }

  @Override
  public int maxVertexInputs() {
    return 2;
  }

  @Override
  public final org.deeplearning4j.nn.graph.vertex.GraphVertex instantiate(
      ComputationGraph graph,
      String name,
      int index,
      INDArray parameters,
      boolean initialize,
      DataType type) {
    return vertex(graph, name, index, type);
  }

  @Override
  public final InputType getOutputType(int index, InputType... inputs) {
    return inputs[passedOn()];
  }

  @Override
  public final MemoryReport getMemoryReport(InputType... inputs) {
    return new LayerMemoryReport.Builder(null, getClass(), inputs[0], inputs[passedOn()])
        .standardMemory(0, 0)
        .workingMemory(0, 0, 0, 0)
        .build();
  }
}
