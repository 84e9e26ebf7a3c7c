package org.peft4j.transformers.layer;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;

/** The maps from a block's input to queries, keys and values. */
interface Projections {
  /** Whether anything grafted on them acts now. */
  boolean acts();

  /**
   * Writes q [batch, heads, time, size], and k and v [batch, keyValueHeads, time, size].
   *
   * @param x [batch·time, width]
   */
  void forward(Pass pass, INDArray x, INDArray q, INDArray k, INDArray v, CallMemory memory);

  /**
   * Writes adapter gradients and dx.
   *
   * @param x the input of the forward pass; may be null where {@link #acts()} is false
   * @param dx [batch·time, width], overwritten; null where nobody needs it
   */
  void backward(
      Pass pass,
      @Nullable INDArray x,
      INDArray dq,
      INDArray dk,
      INDArray dv,
      @Nullable INDArray dx,
      CallMemory memory);
}
