package org.peft4j.transformers.internal.memory;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The arrays that one forward pass of a layer keeps for its backward pass. */
public final class KeptArrays implements AutoCloseable {
  private final ActivationPool pool;
  private final List<ActivationPool.Buffer> buffers = new ArrayList<>();

  public KeptArrays(ActivationPool pool) {
    this.pool = pool;
  }

  INDArray array(long... shape) {
    ActivationPool.Buffer buffer = pool.take(shape);
    buffers.add(buffer);
    return buffer.array();
  }

  /** Returns the memory to the pool. */
  @Override
  public void close() {
    buffers.forEach(pool::giveBack);
    buffers.clear();
  }
}
