package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The sequences of one call of a block.
 *
 * @param extent the number of sequences, and of tokens of each in this call
 * @param mask [batch, time], 0 for padding; null without padding or with a cache
 * @param cache keys and values of earlier calls, to which this one adds; null without a cache
 * @param encoder the output that cross-attention reads; null without cross-attention
 */
public record Sequences(
    Extent extent,
    @Nullable INDArray mask,
    @Nullable KeyValueCache cache,
    @Nullable EncoderStates encoder) {
  /** Whole sequences, without earlier tokens. */
  public static Sequences whole(Extent extent, @Nullable INDArray mask) {
    return new Sequences(extent, mask, null, null);
  }

  /** The tokens after those in {@code cache}. */
  public static Sequences next(Extent extent, KeyValueCache cache) {
    return new Sequences(extent, null, cache, null);
  }

  /** The same sequences with the encoder's output. */
  public Sequences with(EncoderStates states) {
    return new Sequences(extent, mask, cache, states);
  }

  /** The number of tokens in earlier calls. */
  public int past() {
    return cache == null ? 0 : cache.length();
  }

  /**
   * The number of padding tokens at the start of each sequence; null without padding, or if a mask
   * says it.
   */
  public int @Nullable [] padding() {
    return cache == null ? null : cache.padding();
  }

  /** The number of keys after this call, including unused slots of the cache. */
  public int slots() {
    return cache == null ? Math.toIntExact(extent.time()) : cache.slotsAfter(extent.time());
  }
}
