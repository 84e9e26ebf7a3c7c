package org.peft4j.transformers.layer;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.kernel.Kernels;
import org.peft4j.module.LinearModule;
import org.peft4j.transformers.config.ModelConfig;

/**
 * Causal self-attention: {@code out(softmax(q·kᵀ/√d + mask)·v)} with rotary positions on q and k
 * where the model has them.
 */
final class SelfAttention {
  /** What the backward pass needs of the forward pass. */
  record Kept(
      INDArray q,
      INDArray k,
      INDArray v,
      INDArray probabilities,
      INDArray context,
      INDArray contextRows) {}

  /**
   * Where the tokens of a call stand.
   *
   * @param mask [1 or batch, time, keys], added to the scores
   */
  record Positions(INDArray mask, Rotation rotation) {}

  private final ModelConfig.Attention shape;
  private final Projections projections;
  private final LinearModule output;

  SelfAttention(ModelConfig.Attention shape, Projections projections, LinearModule output) {
    this.shape = shape;
    this.projections = projections;
    this.output = output;
  }

  /** Whether anything grafted here acts now. */
  boolean acts() {
    return projections.acts() || output.acts();
  }

  /** Whether the backward pass needs this module's input. */
  boolean needsInput() {
    return projections.acts();
  }

  /**
   * Writes y [batch·time, width].
   *
   * @param x [batch·time, width]
   * @param cache receives keys and values and gives those of earlier calls; null without
   */
  Kept forward(
      Pass pass,
      INDArray x,
      Extent extent,
      Positions positions,
      @Nullable KeyValueCache cache,
      INDArray y,
      CallMemory memory) {
    INDArray q = memory.kept(heads(extent, shape.heads()));
    INDArray k = memory.kept(heads(extent, shape.keyValueHeads()));
    INDArray v = memory.kept(heads(extent, shape.keyValueHeads()));
    projections.forward(pass, x, q, k, v, memory);
    Kernels kernels = pass.kernels();
    positions.rotation().rotate(kernels, q);
    positions.rotation().rotate(kernels, k);
    if (cache != null) {
      cache.append(k, v);
      k = cache.keys();
      v = cache.values();
    }
    INDArray probabilities = memory.kept(extent.batch(), shape.heads(), extent.time(), k.size(2));
    INDArray context = memory.kept(q.shape());
    kernels.attention(q, k, v, positions.mask(), shape.scale(), probabilities, context);
    INDArray contextRows =
        memory.keptIf(output.acts(), extent.rows(), (long) shape.heads() * shape.headSize());
    Heads.merge(context, contextRows);
    output.forward(pass, contextRows, y);
    return new Kept(q, k, v, probabilities, context, contextRows);
  }

  /**
   * Writes adapter gradients and dx.
   *
   * @param x the input of the forward pass; may be null where {@link #needsInput()} is false
   * @param dx [batch·time, width], overwritten; null where nobody needs it
   */
  void backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      Rotation rotation,
      CallMemory memory) {
    boolean goOn = dx != null || projections.acts();
    INDArray dContextRows = goOn ? memory.temporary(kept.contextRows().shape()) : null;
    output.backward(pass, kept.contextRows(), dy, dContextRows, 0);
    if (dContextRows == null) {
      return;
    }
    INDArray dContext = memory.temporary(kept.context().shape());
    Heads.split(dContextRows, dContext);
    INDArray dq = memory.temporary(kept.q().shape());
    INDArray dk = memory.temporary(kept.k().shape());
    INDArray dv = memory.temporary(kept.v().shape());
    Kernels kernels = pass.kernels();
    kernels.attentionGradient(
        kept.q(),
        kept.k(),
        kept.v(),
        shape.scale(),
        kept.probabilities(),
        kept.context(),
        dContext,
        dq,
        dk,
        dv);
    rotation.rotateBack(kernels, dq);
    rotation.rotateBack(kernels, dk);
    projections.backward(pass, x, dq, dk, dv, dx, memory);
  }

  private long[] heads(Extent extent, long count) {
    return new long[] {extent.batch(), count, extent.time(), shape.headSize()};
  }
}
