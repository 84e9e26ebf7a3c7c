package org.peft4j.transformers.internal.model;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Computes what a branch of a block does: attention, or a feed-forward part. */
public interface Mixer {
  /** Whether anything grafted here acts now. */
  boolean acts();

  /** Whether the backward pass needs the input. */
  boolean needsInput();

  /**
   * Writes y [rows, width], given x [rows, width].
   *
   * @param y null where only what the backward pass needs is asked for
   */
  Kept forward(Pass pass, INDArray x, Sequences sequences, @Nullable INDArray y, CallMemory memory);

  /** Holds what the backward pass needs of a forward pass, and computes it. */
  interface Kept {
    /**
     * Writes the gradients of what is grafted here, and dx.
     *
     * @param x the input of the forward pass; may be null where {@link Mixer#needsInput()} is false
     * @param dx [rows, width], overwritten; null where nobody needs it
     */
    void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory);
  }
}
