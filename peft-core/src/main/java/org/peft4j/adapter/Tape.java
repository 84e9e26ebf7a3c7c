package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Records of a layer's forward pass for its backward pass. A layer that repeats its forward pass
 * before the backward pass records only in the second one.
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
   * @param key the key for {@link #read}; replaces an earlier array with this key
   */
  INDArray record(Object key, long... shape);

  /**
   * * The array recorded under a key.
   *
   * @throws IllegalStateException if there is none
   */
  INDArray read(Object key);
}
