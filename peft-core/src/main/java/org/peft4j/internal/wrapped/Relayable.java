package org.peft4j.internal.wrapped;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network whose layers and parameter vector can be exchanged over the same configuration.
 *
 * @param <P> what it consists of: vertices, or layers
 */
interface Relayable<P> {
  /**
   * Makes every layer anew over {@code parameters}, without a gradient vector or an updater. What
   * was there is left to the caller.
   *
   * @param parameters the new vector [1, n], used as it is; null where nothing trains
   */
  void layOut(@Nullable INDArray parameters);

  /** The present layers and parameters. */
  Layout<P> layout();

  /** Puts layers and parameters back, without a gradient vector or an updater. */
  void layOut(Layout<P> layout);

  /** Sets what is done once, before the updater is next asked for or a gradient computed. */
  void beforeTraining(Runnable task);

  /** Drops and frees all that one batch, one sequence or one training left behind. */
  void forgetPasses();

  /** Frees an array that owns its memory. */
  static void close(@Nullable INDArray array) {
    if (array != null && array.length() > 0 && array.closeable() && !array.wasClosed()) {
      array.close();
    }
  }
}
