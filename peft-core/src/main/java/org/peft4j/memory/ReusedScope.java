package org.peft4j.memory;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * {@link ScratchScope} for code that runs many times in a layer, in memory that the thread's next
 * scopes use again: a workspace frees nothing before its end, and would hold the arrays of all
 * runs. The arrays end with the scope, also after errors; it belongs to one thread.
 */
public final class ReusedScope implements AutoCloseable {
  private final ScratchPool pool = ScratchPool.ofThread();
  private final List<INDArray> buffers = new ArrayList<>();

  /** A row-major, uninitialised array, which is not empty. */
  public INDArray array(DataType type, long... shape) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    INDArray buffer = pool.take(type, length);
    buffers.add(buffer);
    return Nd4j.create(buffer.data(), shape, Nd4j.getStrides(shape, 'c'), 0);
  }

  /** The bytes that scopes of this thread have left for the next ones. */
  public static long waiting() {
    return ScratchPool.ofThread().bytes();
  }

  @Override
  public void close() {
    buffers.forEach(pool::giveBack);
    buffers.clear();
  }
}
