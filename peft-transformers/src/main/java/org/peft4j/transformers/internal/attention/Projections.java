package org.peft4j.transformers.internal.attention;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;

/** The maps from a block's input to queries, keys and values. */
public interface Projections {
  /**
   * Queries, keys and values, or their gradients.
   *
   * @param rows the memory that they are views of: matrices [batch·time, …], one for each map
   * @param q [batch, time, heads, size]
   * @param k [batch, time, keyValueHeads, size]
   * @param v [batch, time, keyValueHeads, size]
   */
  record Heads(List<INDArray> rows, INDArray q, INDArray k, INDArray v) {}

  /** Whether anything grafted on them acts now. */
  boolean acts();

  /**
   * Arrays for queries, keys and values.
   *
   * @param kept whether the backward pass needs them
   */
  Heads heads(Extent extent, boolean kept, CallMemory memory);

  /**
   * Writes queries, keys and values.
   *
   * @param x [batch·time, width]
   */
  void forward(Pass pass, INDArray x, Heads heads);

  /**
   * Writes adapter gradients and dx.
   *
   * @param x the input of the forward pass; may be null where {@link #acts()} is false
   * @param gradients of queries, keys and values
   * @param dx [batch·time, width], overwritten; null where nobody needs it
   */
  void backward(Pass pass, @Nullable INDArray x, Heads gradients, @Nullable INDArray dx);
}
