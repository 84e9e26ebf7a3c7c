package org.peft4j.memory;

import java.util.ArrayDeque;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The memory of a thread's {@link ReusedScope}s, which the next ones use again. */
final class ScratchPool {
  private static final ThreadLocal<ScratchPool> OF_THREAD =
      ThreadLocal.withInitial(ScratchPool::new);

  /** A buffer holds arrays of its length down to this part of it. */
  private static final int SMALLEST = 4;

  /** Stacks of free buffers, by type and length. */
  private final Map<DataType, TreeMap<Long, ArrayDeque<INDArray>>> free =
      new EnumMap<>(DataType.class);

  private ScratchPool() {}

  static ScratchPool ofThread() {
    return OF_THREAD.get();
  }

  /** The smallest free buffer that holds so many elements, or a new one. */
  INDArray take(DataType type, long length) {
    TreeMap<Long, ArrayDeque<INDArray>> buffers =
        free.computeIfAbsent(type, none -> new TreeMap<>());
    Map.Entry<Long, ArrayDeque<INDArray>> fitting = buffers.ceilingEntry(length);
    if (fitting != null && fitting.getKey() / SMALLEST <= length) {
      return pop(buffers, fitting);
    }
    Map.Entry<Long, ArrayDeque<INDArray>> shorter = buffers.floorEntry(length);
    if (shorter != null && length / SMALLEST <= shorter.getKey()) {
      pop(buffers, shorter).close(); // The new buffer replaces it.
    }
    return DetachedArrays.uninitialized(type, length);
  }

  private static INDArray pop(
      TreeMap<Long, ArrayDeque<INDArray>> buffers, Map.Entry<Long, ArrayDeque<INDArray>> entry) {
    INDArray buffer = entry.getValue().pop();
    if (entry.getValue().isEmpty()) {
      buffers.remove(entry.getKey());
    }
    return buffer;
  }

  /** Takes a buffer back; arrays in it must not be used any more. */
  void giveBack(INDArray buffer) {
    free.computeIfAbsent(buffer.dataType(), none -> new TreeMap<>())
        .computeIfAbsent(buffer.length(), none -> new ArrayDeque<>())
        .push(buffer);
  }

  /** The bytes of all free buffers. */
  long bytes() {
    return free.values().stream()
        .flatMap(buffers -> buffers.values().stream())
        .flatMap(ArrayDeque::stream)
        .mapToLong(buffer -> buffer.length() * buffer.dataType().width())
        .sum();
  }
}
