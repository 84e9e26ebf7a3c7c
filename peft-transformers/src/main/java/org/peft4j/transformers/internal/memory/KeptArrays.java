package org.peft4j.transformers.internal.memory;

import java.util.ArrayList;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Kernels;

/** The arrays that one forward pass of a layer keeps for its backward pass. */
public class KeptArrays implements AutoCloseable {
  /** One pass' use of the arrays; they may be elsewhere after its end. */
  public interface Use extends AutoCloseable {
    @Override
    void close();
  }

  private final ActivationPool pool;
  private final List<ActivationPool.Buffer> buffers = new ArrayList<>();

  KeptArrays(ActivationPool pool) {
    this.pool = pool;
  }

  /**
   * Begins a pass that writes or reads the arrays: first the forward pass, which asks for them,
   * then the backward pass.
   */
  public Use use(Kernels kernels) {
    return () -> {};
  }

  /** An array of values, which may be rounded between the passes. */
  INDArray array(long... shape) {
    return exact(shape);
  }

  /** An array that stays as it is. */
  final INDArray exact(long... shape) {
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
