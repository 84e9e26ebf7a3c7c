package org.peft4j.memory;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Temporaries of a block of code, in memory that the thread's next scopes use again, inside of
 * workspaces and outside. Their arrays end with it, also after errors; it belongs to one thread.
 */
public final class ScratchScope implements AutoCloseable {
  private final ScratchPool pool = ScratchPool.ofThread();
  private final List<INDArray> buffers = new ArrayList<>();
  private final List<INDArray> others = new ArrayList<>();

  /** A row-major, uninitialised array. */
  public INDArray array(DataType type, long... shape) {
    long length = Shape.lengthOf(shape);
    if (length == 0) {
      return mine(Scratch.of(type, shape));
    }
    INDArray buffer = pool.take(type, length);
    buffers.add(buffer);
    return Nd4j.create(buffer.data(), shape, Nd4j.getStrides(shape, 'c'), 0);
  }

  /** A row-major, uninitialised array of the type and shape of {@code model}. */
  public INDArray like(INDArray model) {
    return array(model.dataType(), model.shape());
  }

  /** Takes over {@code array}, made elsewhere for this block of code. */
  public INDArray mine(INDArray array) {
    others.add(array);
    return array;
  }

  @Override
  public void close() {
    others.forEach(Scratch::release);
    buffers.forEach(pool::giveBack);
    buffers.clear();
  }
}
