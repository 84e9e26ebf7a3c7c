package org.peft4j.transformers.internal.model;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Computes a branch of a block: attention, or a feed-forward part. */
public interface Mixer {
  /** Whether adapters act here now. */
  boolean acts();

  /** Whether the backward pass needs the input. */
  boolean needsInput();

  /**
   * Writes y [rows, width], given x [rows, width].
   *
   * @param y null to compute only the results for the backward pass
   */
  Kept forward(Pass pass, INDArray x, Sequences sequences, @Nullable INDArray y, CallMemory memory);

  /** Holds a forward pass' results and computes the backward pass from them. */
  interface Kept {
    /** Whether the gradient is needed of something that it reads beside x: an encoder's output. */
    default boolean passesOn() {
      return false;
    }

    /**
     * Writes the gradients of the adapters here, and dx.
     *
     * @param x the input of the forward pass; may be null if {@link Mixer#needsInput()} is false
     * @param dx [rows, width], overwritten; null if not needed
     */
    void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory);
  }
}
