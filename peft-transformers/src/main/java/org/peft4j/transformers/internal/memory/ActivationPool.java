package org.peft4j.transformers.internal.memory;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The memory of what is kept between a forward pass and its backward pass, for all replicas of a
 * model. Buffers are handed out again and again; once the longest batch has been seen, no step
 * allocates any.
 */
public final class ActivationPool implements AutoCloseable {
  /** A buffer, of which an array is the first part. */
  record Buffer(INDArray memory, INDArray array) {}

  private final DataType type;

  /** Free buffers by their length; under one length a stack of them. */
  private final TreeMap<Long, ArrayDeque<INDArray>> free = new TreeMap<>();

  private long bytes;
  private boolean closed;

  public ActivationPool(DataType type) {
    this.type = type;
  }

  /** A row-major array whose values are not set, in the smallest free buffer that it fits in. */
  synchronized Buffer take(long... shape) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    Map.Entry<Long, ArrayDeque<INDArray>> fitting = free.ceilingEntry(length);
    INDArray memory;
    if (fitting != null) {
      memory = pop(fitting);
    } else {
      if (!free.isEmpty()) {
        // A longer batch than before: the new buffer stands in for one that is too short.
        release(pop(free.lastEntry()));
      }
      memory = allocate(length);
    }
    return new Buffer(memory, Nd4j.create(memory.data(), shape, Nd4j.getStrides(shape, 'c'), 0));
  }

  /** The bytes of all buffers, free or in use. */
  public synchronized long bytes() {
    return bytes;
  }

  private INDArray pop(Map.Entry<Long, ArrayDeque<INDArray>> entry) {
    INDArray memory = entry.getValue().pop();
    if (entry.getValue().isEmpty()) {
      free.remove(entry.getKey());
    }
    return memory;
  }

  private INDArray allocate(long length) {
    bytes += length * type.width();
    try (MemoryWorkspace ignored = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return Nd4j.createUninitialized(type, length);
    }
  }

  private void release(INDArray memory) {
    bytes -= memory.length() * type.width();
    memory.close();
  }

  /** Takes a buffer back; arrays in it are not to be used any more. */
  synchronized void giveBack(Buffer buffer) {
    if (closed) {
      release(buffer.memory());
    } else {
      free.computeIfAbsent(buffer.memory().length(), length -> new ArrayDeque<>())
          .push(buffer.memory());
    }
  }

  /** Frees what is free now, and the rest when it is given back. */
  @Override
  public synchronized void close() {
    closed = true;
    free.values().forEach(buffers -> buffers.forEach(this::release));
    free.clear();
  }
}
