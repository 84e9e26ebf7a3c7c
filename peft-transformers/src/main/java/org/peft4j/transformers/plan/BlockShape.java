package org.peft4j.transformers.plan;

/**
 * The numbers of elements that a block, or a part of one, holds in training. The parts are those of
 * {@code layer.Block}, {@code layer.SelfAttention} and the feed-forward parts.
 *
 * @param kept from the forward to the backward pass
 * @param temporary at once in the backward pass, which needs more than the forward pass: for every
 *     module as if something acts on it, but without what adapters need for themselves; with the
 *     kernels of peft-onednn, of which the portable ones need up to twice as much
 */
record BlockShape(long kept, long temporary) {

  /** A normalisation: its statistics. Its result is computed again. */
  static BlockShape norm(long rows, long width, int statistics) {
    return new BlockShape(statistics * rows, rows * (2 * width + statistics));
  }

  /** The sum after a part of a block, where it is not the output of the block. */
  static BlockShape sum(long rows, long width) {
    return new BlockShape(rows * width, rows * width);
  }

  /**
   * Attention: queries, keys, values, probabilities and contexts. Probabilities are counted as the
   * whole square; of a causal one the kernels of peft-onednn touch little more than half.
   *
   * @param queries of each sequence
   * @param keys of each sequence
   * @param width of all query heads together
   * @param keyWidth of all key heads together
   */
  static BlockShape attention(
      int batch, int queries, int keys, int heads, long width, long keyWidth) {
    long projections = batch * (queries * width + 2 * keys * keyWidth);
    long contexts = batch * queries * width;
    long probabilities = (long) batch * heads * queries * keys;
    long all = projections + probabilities + contexts;
    return new BlockShape(all, all);
  }

  /** {@code down(f(gate(x))·up(x))}: gate and up. */
  static BlockShape gated(long rows, long inner) {
    return new BlockShape(2 * rows * inner, 4 * rows * inner);
  }

  /** {@code contract(f(expand(x)))}: what f is applied to. */
  static BlockShape plain(long rows, long inner) {
    return new BlockShape(rows * inner, 2 * rows * inner);
  }

  BlockShape plus(BlockShape other) {
    return new BlockShape(kept + other.kept, temporary + other.temporary);
  }
}
