package org.peft4j.transformers.plan;

/**
 * The number of elements that a head and its loss hold at once, as {@code ChunkedLoss} computes
 * them: logits of a chunk of positions, or of all if an adapter acts on the head, and the gradients
 * of all.
 *
 * @param rows positions, all of them labelled; sequences for a classifier
 */
record HeadShape(long rows, long width, long outputs) {
  private static final long LOGITS = 1L << 24;

  long temporary(boolean adapted) {
    long most = adapted ? rows : Math.max(1, LOGITS / outputs);
    long chunks = Math.max(1, (rows + most - 1) / most);
    long chunk = (rows + chunks - 1) / chunks;
    return chunk * (width + outputs + 1) + (rows + 1) * width;
  }
}
