package org.peft4j.transformers.plan;

/**
 * The numbers of elements that a language-model head and its loss need at once, as {@code
 * layer.ChunkedLoss} computes them: logits of a chunk of positions, or of all where an adapter acts
 * on the head, and the gradients of all.
 *
 * @param rows positions, all of them labelled
 */
record HeadShape(long rows, long width, long vocabulary) {
  private static final long LOGITS = 1L << 24;

  long temporary(boolean adapted) {
    long chunk = adapted ? rows : Math.min(rows, Math.max(1, LOGITS / vocabulary));
    return chunk * (width + vocabulary + 1) + (rows + 1) * width;
  }
}
