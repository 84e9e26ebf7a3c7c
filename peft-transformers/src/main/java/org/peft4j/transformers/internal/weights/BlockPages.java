package org.peft4j.transformers.internal.weights;

import org.peft4j.transformers.architecture.Side;

/** Where the frozen weights of blocks are while a model runs. */
public interface BlockPages {
  /** All in memory, or wherever the system has them. */
  BlockPages AS_THEY_ARE = (side, block, next) -> () -> {};

  /** The use of one block, until it is closed. */
  interface Use extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Begins to use a block.
   *
   * @param block its number
   * @param next the number of the block that will follow; there may be none
   */
  Use use(Side side, int block, int next);
}
