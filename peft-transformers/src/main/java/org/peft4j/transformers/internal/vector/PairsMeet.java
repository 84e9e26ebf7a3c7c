package org.peft4j.transformers.internal.vector;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.graph.vertex.BaseGraphVertex;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The vertex that puts vectors of pictures behind those of texts: [texts + pictures, width]. */
final class PairsMeet extends BaseGraphVertex {
  private static final long serialVersionUID = 1L;

  PairsMeet(ComputationGraph graph, String name, int index, DataType type) {
    super(graph, name, index, null, null, type);
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    long texts = inputs[0].size(0);
    long both = texts + inputs[1].size(0);
    INDArray y =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, inputs[0].dataType(), new long[] {both, inputs[0].size(1)}, 'c');
    y.get(interval(0, texts)).assign(inputs[0]);
    y.get(interval(texts, both)).assign(inputs[1]);
    return y;
  }

  @Override
  public Pair<Gradient, @Nullable INDArray[]> doBackward(
      boolean truncated, LayerWorkspaceMgr workspaces) {
    long texts = inputs[0].size(0);
    return new Pair<>(
        new DefaultGradient(),
        new @Nullable INDArray[] {
          workspaces.dup(ArrayType.ACTIVATION_GRAD, epsilon.get(interval(0, texts)), 'c'),
          workspaces.dup(
              ArrayType.ACTIVATION_GRAD, epsilon.get(interval(texts, epsilon.size(0))), 'c')
        });
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArrays(
      @Nullable INDArray @Nullable [] masks, @Nullable MaskState state, int batch) {
    return new Pair<>(null, state);
  }

  @Override
  public void setBackpropGradientsViewArray(INDArray gradients) {
    throw new UnsupportedOperationException(vertexName + " has no parameters.");
  }

  @Override
  public boolean hasLayer() {
    return false;
  }

  @Override
  public @Nullable Layer getLayer() {
    return null;
  }

  @Override
  public String toString() {
    return "PairsMeet(" + vertexName + ")";
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(this);
  }
}
