package org.peft4j.transformers.internal.vector;

import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.internal.vertex.PlainVertex;

/** The vertex that puts vectors of pictures behind those of texts: [texts + pictures, width]. */
final class PairsMeet extends PlainVertex {
  private static final long serialVersionUID = 1L;

  PairsMeet(ComputationGraph graph, String name, int index, DataType type) {
    super(graph, name, index, type);
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
}
