package org.peft4j.transformers.internal.head;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The input of a head in one call.
 *
 * @param hidden [batch, virtualTokens + time, width]
 * @param shown the attention mask of the same positions; null if there is no padding
 * @param virtualTokens the number of virtual tokens before the others
 */
public record Reading(
    Pass pass, INDArray hidden, @Nullable INDArray shown, int virtualTokens, CallMemory memory) {
  /** The extent of the hidden states, virtual tokens included. */
  Extent extent() {
    return Extent.of(hidden);
  }

  /** The hidden states as [batch·positions, width]. */
  INDArray rows() {
    return extent().matrix(hidden);
  }

  /** The number of real tokens in each sequence. */
  long time() {
    return extent().time() - virtualTokens;
  }
}
