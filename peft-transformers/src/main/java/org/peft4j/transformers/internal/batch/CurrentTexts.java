package org.peft4j.transformers.internal.batch;

/**
 * The texts of the current pass, as far as layers behind the blocks must know them: where each is
 * read. The embeddings put it here.
 *
 * <p>Each thread has its own: a pass runs on one thread.
 */
public final class CurrentTexts {
  private final ThreadLocal<int[]> ends = ThreadLocal.withInitial(() -> new int[0]);

  /** Sets the position of each text whose hidden state makes its vector. */
  public void set(int... positions) {
    ends.set(positions.clone());
  }

  /** The position of each text whose hidden state makes its vector. */
  public int[] ends() {
    return ends.get().clone();
  }

  /** The number of texts. */
  public int count() {
    return ends.get().length;
  }
}
