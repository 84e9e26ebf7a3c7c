package org.peft4j.internal.wrapped;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A network whose layers and parameter vector can be exchanged over the same configuration.
 *
 * @param <P> its parts: vertices, or layers
 */
interface Relayable<P> {
  /**
   * Builds every layer anew over {@code parameters}, without a gradient vector or an updater. The
   * caller frees the former ones.
   *
   * @param parameters the new vector [1, n]; null if nothing trains
   */
  void layOut(@Nullable INDArray parameters);

  /** The present layers and parameters. */
  Layout<P> layout();

  /** Puts layers and parameters back, without a gradient vector or an updater. */
  void layOut(Layout<P> layout);

  /** Sets a task to run once, before the next use of the updater or computation of a gradient. */
  void beforeTraining(Runnable task);

  /** Frees everything that a batch, a sequence or a training left behind. */
  void forgetPasses();

  /** A copy of a vector of parameters, if there is one. */
  static @Nullable INDArray copy(@Nullable INDArray vector) {
    return vector == null ? null : vector.dup();
  }

  /** Frees an array that owns its memory. */
  static void close(@Nullable INDArray array) {
    if (array != null && array.length() > 0 && array.closeable() && !array.wasClosed()) {
      array.close();
    }
  }
}
