package org.peft4j.transformers.internal.head;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.batch.LeftPadding;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The input of a head in one call.
 *
 * @param hidden [batch, virtualTokens + time, width]: the padding on the left of each sequence,
 *     virtual tokens, then its tokens
 * @param shown the attention mask of the same positions; null if there is no padding
 * @param padding the number of padding tokens on the left of each sequence, which begins after
 *     them; null if there are none, or if they count as positions
 * @param virtualTokens the number of virtual tokens before the others
 * @param ends the rows of [batch·time] where texts end; null unless the head reads those
 */
public record Reading(
    Pass pass,
    INDArray hidden,
    @Nullable INDArray shown,
    int @Nullable [] padding,
    int virtualTokens,
    int @Nullable [] ends,
    CallMemory memory) {
  /** The input of a head in the current pass. */
  public static Reading of(
      Pass pass, INDArray hidden, @Nullable INDArray shown, int virtualTokens, CallMemory memory) {
    int[] padding = pass.state().precedes() ? LeftPadding.leading(shown) : null;
    return new Reading(pass, hidden, shown, padding, virtualTokens, null, memory);
  }

  /** The same with the rows of [batch·time] where texts end. */
  public Reading endingAt(int @Nullable [] rows) {
    return new Reading(pass, hidden, shown, padding, virtualTokens, rows, memory);
  }

  /** The last tokens of every sequence alone, which padding on the left does not reach. */
  public Reading ofLast(int tokens) {
    long time = hidden.size(1);
    if (tokens >= time - virtualTokens) {
      return this;
    }
    INDArray last = memory.temporary(hidden.size(0), tokens, hidden.size(2));
    last.assign(hidden.get(all(), interval(time - tokens, time), all()));
    return new Reading(pass, last, null, null, 0, null, memory);
  }

  /** The position where a sequence begins, with its virtual tokens. */
  int start(int row) {
    return padding == null ? 0 : padding[row];
  }

  /** The position of one of a sequence's own tokens. */
  int position(int row, int token) {
    return token < start(row) ? token : token + virtualTokens;
  }

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
