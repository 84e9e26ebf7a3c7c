package org.peft4j.transformers.internal.vertex;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.BaseGraphVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A vertex without parameters and without a layer. No mask passes it unless it says so. */
public abstract class PlainVertex extends BaseGraphVertex {
  private static final long serialVersionUID = 1L;

  protected PlainVertex(ComputationGraph graph, String name, int index, DataType type) {
    super(graph, name, index, null, null, type);
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArrays(
      @Nullable INDArray @Nullable [] masks, @Nullable MaskState state, int batch) {
    return new Pair<>(null, state);
  }

  @Override
  public final void setBackpropGradientsViewArray(INDArray gradients) {
    throw new UnsupportedOperationException(vertexName + " has no parameters.");
  }

  @Override
  public final boolean hasLayer() {
    return false;
  }

  @Override
  public final @Nullable Layer getLayer() {
    return null;
  }

  @Override
  public final String toString() {
    return getClass().getSimpleName() + "(" + vertexName + ")";
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public final int hashCode() {
    return System.identityHashCode(this);
  }
}
