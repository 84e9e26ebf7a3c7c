package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.memory.CallMemory;

/** The part of a block that works on each token by itself. */
public interface FeedForward {
  /**
   * What the backward pass needs of the forward pass.
   *
   * @param first what the activation was applied to [rows, inner]
   * @param second the other factor of a gated product; null without a gate
   */
  record Kept(INDArray first, @Nullable INDArray second) {}

  /** Whether anything grafted here acts now. */
  boolean acts();

  /** Whether the backward pass needs this module's input. */
  boolean needsInput();

  /**
   * Writes y [rows, width], given x [rows, width].
   *
   * @param y null where only what the backward pass needs is asked for
   */
  Kept forward(Pass pass, INDArray x, @Nullable INDArray y, CallMemory memory);

  /**
   * Writes adapter gradients and dx.
   *
   * @param x the input of the forward pass; may be null where {@link #needsInput()} is false
   * @param dx [rows, width], overwritten; null where nobody needs it
   */
  void backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory);
}
