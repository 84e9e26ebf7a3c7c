package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.memory.CallMemory;

/** Computes a branch of a transformer's block on pixels. */
interface Mixer {
  /** Whether adapters act here now. */
  boolean acts();

  /** Whether the backward pass needs the input. */
  boolean needsInput();

  /** Whether a forward pass that is repeated must give y though nobody needs it. */
  boolean records(Pass pass);

  /**
   * Writes y [rows, width], given x [rows, width].
   *
   * @param y null to compute only the results for the backward pass
   */
  Kept forward(Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory);

  /** A forward pass' results, and the backward pass. */
  interface Kept {
    /** Whether the gradient is needed of something that it reads beside x: the text's states. */
    default boolean passesOn() {
      return false;
    }

    /**
     * Writes the gradients of the adapters here, and dx.
     *
     * @param x may be null if {@link Mixer#needsInput()} is false
     * @param dx overwritten; null if not needed
     */
    void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory);
  }
}
