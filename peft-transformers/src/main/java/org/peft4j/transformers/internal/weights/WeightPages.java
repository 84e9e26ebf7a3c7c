package org.peft4j.transformers.internal.weights;

/** Where groups of frozen weights, those of a block or another layer, are while a model runs. */
public interface WeightPages {
  /** All in memory, or wherever the system has them. */
  WeightPages AS_THEY_ARE = (group, next) -> () -> {};

  /** The use of one group, until it is closed. */
  interface Use extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Begins to use a group.
   *
   * @param group its number
   * @param next the number of the group that will follow; there may be none
   */
  Use use(int group, int next);
}
