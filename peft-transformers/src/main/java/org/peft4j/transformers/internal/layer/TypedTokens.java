package org.peft4j.transformers.internal.layer;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.point;

import java.util.Arrays;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;
import org.peft4j.transformers.internal.vertex.PlainVertex;

/**
 * The vertex that joins the ids of tokens and their types, both [batch, time], to [batch, 2, time]:
 * the embeddings are a layer, and a layer has one input.
 */
final class TypedTokens extends PlainVertex {
  private static final long serialVersionUID = 1L;

  TypedTokens(ComputationGraph graph, String name, int index, DataType type) {
    super(graph, name, index, type);
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    INDArray ids = inputs[0];
    INDArray types = inputs[1];
    if (!Arrays.equals(ids.shape(), types.shape())) {
      throw new PeftException(
          "token_type_ids have the shape "
              + Arrays.toString(types.shape())
              + "; needed: that of input_ids, "
              + Arrays.toString(ids.shape())
              + ".");
    }
    INDArray both =
        workspaces.createUninitialized(
            ArrayType.ACTIVATIONS, DataType.INT, new long[] {ids.size(0), 2, ids.size(1)}, 'c');
    both.get(all(), point(0), all()).assign(ids);
    both.get(all(), point(1), all()).assign(types);
    return both;
  }

  /** Ids and types have no gradient. */
  @Override
  public Pair<Gradient, @Nullable INDArray[]> doBackward(
      boolean truncated, LayerWorkspaceMgr workspaces) {
    return new Pair<>(new DefaultGradient(), new @Nullable INDArray[] {null, null});
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArrays(
      @Nullable INDArray @Nullable [] masks, @Nullable MaskState state, int batch) {
    return new Pair<>(masks == null ? null : masks[0], state);
  }
}
