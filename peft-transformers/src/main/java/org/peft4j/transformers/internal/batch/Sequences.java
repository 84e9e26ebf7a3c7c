package org.peft4j.transformers.internal.batch;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The sequences that a block works on in one call.
 *
 * @param extent how many there are, and the tokens of each in this call
 * @param mask [batch, time], 0 for padding; null without padding, and where there is a cache
 * @param cache keys and values of earlier calls, to which this one adds; null without
 * @param encoder what cross-attention reads; null in models without
 */
public record Sequences(
    Extent extent,
    @Nullable INDArray mask,
    @Nullable KeyValueCache cache,
    @Nullable EncoderStates encoder) {
  /** Whole sequences, without what came before them. */
  public static Sequences whole(Extent extent, @Nullable INDArray mask) {
    return new Sequences(extent, mask, null, null);
  }

  /** The tokens that come after those in {@code cache}. */
  public static Sequences next(Extent extent, KeyValueCache cache) {
    return new Sequences(extent, null, cache, null);
  }

  /** The same sequences, decoded from the encoder's output. */
  public Sequences with(EncoderStates states) {
    return new Sequences(extent, mask, cache, states);
  }

  /** How many tokens earlier calls have seen. */
  public int past() {
    return cache == null ? 0 : cache.length();
  }

  /** How many of each sequence's first tokens are padding; null if none are, or a mask says it. */
  public int @Nullable [] padding() {
    return cache == null ? null : cache.padding();
  }

  /** How many keys there are after this call, with unused slots of the cache. */
  public int slots() {
    return cache == null ? Math.toIntExact(extent.time()) : cache.slotsAfter(extent.time());
  }
}
