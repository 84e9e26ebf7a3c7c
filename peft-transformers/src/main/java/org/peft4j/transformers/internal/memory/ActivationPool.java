package org.peft4j.transformers.internal.memory;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.DetachedArrays;

/**
 * Buffers of one type, which are used again: after the longest batch, no step allocates any, unless
 * a batch is far shorter than all before.
 */
public final class ActivationPool implements AutoCloseable {
  /** A buffer, and the array in its first part. */
  record Buffer(INDArray memory, INDArray array) {}

  /**
   * A buffer holds arrays of its length down to this part of it. Small arrays must not take the
   * large buffers, such as those of attention, which the same pass is yet to ask for.
   */
  private static final int SMALLEST = 4;

  private final DataType type;

  /** Stacks of free buffers, by length. */
  private final TreeMap<Long, ArrayDeque<INDArray>> free = new TreeMap<>();

  private long bytes;
  private boolean closed;

  public ActivationPool(DataType type) {
    this.type = type;
  }

  /** A row-major, uninitialised array in the smallest free buffer that holds it. */
  synchronized Buffer take(long... shape) {
    long length = 1;
    for (long size : shape) {
      length *= size;
    }
    Map.Entry<Long, ArrayDeque<INDArray>> fitting = free.ceilingEntry(length);
    INDArray memory;
    if (fitting != null && fitting.getKey() / SMALLEST <= length) {
      memory = pop(fitting);
    } else {
      Map.Entry<Long, ArrayDeque<INDArray>> shorter = free.floorEntry(length);
      if (shorter != null && length / SMALLEST <= shorter.getKey()) {
        // A longer batch than before: the new buffer replaces one that is too short.
        release(pop(shorter));
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
    return DetachedArrays.uninitialized(type, length);
  }

  private void release(INDArray memory) {
    bytes -= memory.length() * type.width();
    memory.close();
  }

  /** Takes a buffer back; do not use arrays in it any more. */
  synchronized void giveBack(Buffer buffer) {
    if (closed) {
      release(buffer.memory());
    } else {
      free.computeIfAbsent(buffer.memory().length(), length -> new ArrayDeque<>())
          .push(buffer.memory());
    }
  }

  /** Frees the unused buffers now, and each other one when it comes back. */
  @Override
  public synchronized void close() {
    closed = true;
    free.values().forEach(buffers -> buffers.forEach(this::release));
    free.clear();
  }
}
