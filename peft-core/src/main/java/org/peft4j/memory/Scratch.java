package org.peft4j.memory;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Temporaries: in the open workspace, which frees them at its end, or otherwise in their own
 * memory, which {@link #release} frees at once.
 */
public final class Scratch {
  private Scratch() {}

  /** A row-major, uninitialised array. */
  public static INDArray of(DataType type, long... shape) {
    return Nd4j.createUninitialized(type, shape, 'c');
  }

  /** Frees the arrays that own their memory. */
  public static void release(INDArray... arrays) {
    for (INDArray array : arrays) {
      if (!array.isAttached() && array.closeable() && !array.wasClosed()) {
        array.close();
      }
    }
  }
}
