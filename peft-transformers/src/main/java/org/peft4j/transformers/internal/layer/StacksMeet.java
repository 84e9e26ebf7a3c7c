package org.peft4j.transformers.internal.layer;

import org.deeplearning4j.nn.api.Layer;
import org.deeplearning4j.nn.api.MaskState;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.layers.wrapper.BaseWrapperLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.config.SpecialTokens;
import org.peft4j.transformers.internal.batch.ShiftedLabels;
import org.peft4j.transformers.internal.head.LastPositions;
import org.peft4j.transformers.internal.model.FrozenModel;
import org.peft4j.transformers.internal.vertex.PlainVertex;

/**
 * The vertex between an encoder and a decoder. Its inputs are the encoder's output [batch, time,
 * width] and the decoder's ids, its output is the ids: so the decoder runs after the encoder, and
 * back before it. A model whose decoder has no ids of its own gives the encoder's, and the output
 * is these, one position later; the decoder has no mask then. Forward, it puts the encoder's output
 * where the decoder's blocks read it; backward, it returns the gradient to which they have all
 * added.
 */
final class StacksMeet extends PlainVertex {
  private static final long serialVersionUID = 1L;

  private final transient FrozenModel model;

  StacksMeet(ComputationGraph graph, String name, int index, DataType type, FrozenModel model) {
    super(graph, name, index, type);
    this.model = model;
  }

  @Override
  public INDArray doForward(boolean training, LayerWorkspaceMgr workspaces) {
    if (!model.encoder().known()) {
      model.encoder().put(inputs[0], encoderEnd().willGoBack(training));
    }
    if (model.architecture().takesDecoderIds()) {
      return workspaces.dup(ArrayType.ACTIVATIONS, inputs[1]);
    }
    SpecialTokens tokens = model.architecture().tokens();
    if (model.architecture().head() instanceof HeadPart.Sequence) {
      model.encoder().setEnds(LastPositions.ofTokens(inputs[1], tokens.endOfText()));
    }
    return workspaces.dup(ArrayType.ACTIVATIONS, ShiftedLabels.of(inputs[1], tokens));
  }

  /** The encoder's last layer, in the layer of its adapters if there are any. */
  private FrozenLayer encoderEnd() {
    Layer layer = graph.getVertices()[inputVertices[0].getVertexIndex()].getLayer();
    return (FrozenLayer)
        (layer instanceof BaseWrapperLayer wrapper ? wrapper.getUnderlying() : layer);
  }

  @Override
  public Pair<Gradient, @Nullable INDArray[]> doBackward(
      boolean truncated, LayerWorkspaceMgr workspaces) {
    INDArray sum = model.encoder().states().gradient();
    INDArray epsilon =
        sum == null
            ? workspaces.create(
                ArrayType.ACTIVATION_GRAD, inputs[0].dataType(), inputs[0].shape(), 'c')
            : workspaces.dup(ArrayType.ACTIVATION_GRAD, sum);
    return new Pair<>(new DefaultGradient(), new @Nullable INDArray[] {epsilon, null});
  }

  @Override
  public Pair<INDArray, MaskState> feedForwardMaskArrays(
      @Nullable INDArray @Nullable [] masks, @Nullable MaskState state, int batch) {
    boolean own = model.architecture().takesDecoderIds();
    return new Pair<>(masks == null || !own ? null : masks[1], state);
  }
}
