package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.PassState;

/**
 * The sequences of one call of a block.
 *
 * @param extent the number of sequences, and of tokens of each in this call
 * @param mask [batch, time], 0 for padding; null without padding or with a cache
 * @param padding the number of padding tokens at the start of each sequence, which have no
 *     positions; null if there are none, or if they count as positions
 * @param cache keys and values of earlier calls, to which this one adds; null without a cache
 * @param encoder the output that cross-attention reads; null without cross-attention
 */
public record Sequences(
    Extent extent,
    @Nullable INDArray mask,
    int @Nullable [] padding,
    @Nullable KeyValueCache cache,
    @Nullable EncoderStates encoder) {
  /**
   * Whole sequences, without earlier tokens.
   *
   * @param state says whether virtual tokens or a prefix precede them: then positions count from
   *     the first token that the mask shows
   */
  public static Sequences whole(Extent extent, @Nullable INDArray mask, PassState state) {
    int[] padding = state.precedes() ? LeftPadding.leading(mask) : null;
    return new Sequences(extent, mask, padding, null, null);
  }

  /** The tokens after those in {@code cache}. */
  public static Sequences next(Extent extent, KeyValueCache cache) {
    return new Sequences(extent, null, cache.padding(), cache, null);
  }

  /** The same sequences with the encoder's output. */
  public Sequences with(EncoderStates states) {
    return new Sequences(extent, mask, padding, cache, states);
  }

  /** The number of tokens in earlier calls. */
  public int past() {
    return cache == null ? 0 : cache.length();
  }

  /** The number of keys after this call, including unused slots of the cache. */
  public int slots() {
    return cache == null ? Math.toIntExact(extent.time()) : cache.slotsAfter(extent.time());
  }
}
