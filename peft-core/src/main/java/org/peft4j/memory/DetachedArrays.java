package org.peft4j.memory;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Arrays outside every workspace: they outlive the layer call that makes them. */
public final class DetachedArrays {
  private DetachedArrays() {}

  /** Zeros of that shape, row-major. */
  public static INDArray zeros(DataType type, long... shape) {
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.create(type, shape, 'c');
    }
  }

  /** A row-major array of any values, for memory that is written before it is read. */
  public static INDArray uninitialized(DataType type, long... shape) {
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createUninitialized(type, shape, 'c');
    }
  }

  /** A row-major copy. */
  public static INDArray copy(INDArray array) {
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return array.dup('c');
    }
  }
}
