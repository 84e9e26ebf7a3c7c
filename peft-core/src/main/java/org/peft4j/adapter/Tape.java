package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What is written down in a forward pass of one layer for its backward pass. A layer that computes
 * its forward pass once more before the backward pass records in that second one only.
 */
public interface Tape {
  /** Records nothing: a pass without a backward pass. */
  Tape NONE =
      new Tape() {
        @Override
        public boolean recording() {
          return false;
        }

        @Override
        public INDArray record(Object key, long... shape) {
          throw new IllegalStateException("This pass is not recorded.");
        }

        @Override
        public INDArray read(Object key) {
          throw new IllegalStateException("This pass was not recorded: " + key + ".");
        }
      };

  /** Whether a backward pass will follow; only then may {@link #record} be called. */
  boolean recording();

  /**
   * A row-major array that lives until the backward pass is done, to be filled by the caller.
   *
   * @param key what the backward pass finds it by; what was there before is given up
   */
  INDArray record(Object key, long... shape);

  /**
   * What was recorded.
   *
   * @throws IllegalStateException if there is nothing under {@code key}
   */
  INDArray read(Object key);
}
