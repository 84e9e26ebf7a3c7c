package org.peft4j.host;

import org.deeplearning4j.nn.graph.vertex.GraphVertex;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A network whose layers and parameter vector can be made anew over the same configuration. */
interface Relayable {
  /**
   * Makes every layer anew over {@code parameters}, and drops the gradient vector and the updater.
   *
   * @param parameters the new vector [1, n], used as it is; null where nothing trains
   */
  void layOut(@Nullable INDArray parameters);

  /** Frees an array that owns its memory. */
  static void close(@Nullable INDArray array) {
    if (array != null && array.length() > 0 && array.closeable() && !array.wasClosed()) {
      array.close();
    }
  }

  /** Frees the memory of the hosts among {@code parts}. */
  static void close(Object @Nullable [] parts) {
    if (parts == null) {
      return;
    }
    for (Object part : parts) {
      if (part instanceof GraphVertex vertex && vertex.hasLayer()) {
        vertex.getLayer().close();
      } else if (part instanceof Grafted grafted) {
        grafted.close();
      }
    }
  }
}
