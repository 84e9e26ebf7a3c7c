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
    long chunk = adapted ? rows : Math.min(rows, Math.max(1, LOGITS / outputs));
    return chunk * (width + outputs + 1) + (rows + 1) * width;
  }
}
