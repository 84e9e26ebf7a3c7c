package org.peft4j.kernel;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Temporaries: in the workspace that is open, which frees them at its end, or else in memory of
 * their own, which {@link #release} frees at once.
 */
public final class Scratch {
  private Scratch() {}

  /** A row-major array whose values are not set. */
  public static INDArray of(DataType type, long... shape) {
    return Nd4j.createUninitialized(type, shape, 'c');
  }

  /** Frees those that own their memory. */
  public static void release(INDArray... arrays) {
    for (INDArray array : arrays) {
      if (!array.isAttached() && array.closeable() && !array.wasClosed()) {
        array.close();
      }
    }
  }
}
