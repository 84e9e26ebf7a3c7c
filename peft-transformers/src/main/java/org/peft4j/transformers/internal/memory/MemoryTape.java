package org.peft4j.transformers.internal.memory;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tape;

/** A tape in the memory kept for a layer's backward pass. */
final class MemoryTape implements Tape {
  private final CallMemory memory;
  private final Map<Object, INDArray> arrays = new HashMap<>();

  MemoryTape(CallMemory memory) {
    this.memory = memory;
  }

  @Override
  public boolean recording() {
    return true;
  }

  @Override
  public INDArray record(Object key, long... shape) {
    INDArray array = memory.keptExactly(shape);
    arrays.put(key, array);
    return array;
  }

  @Override
  public INDArray read(Object key) {
    INDArray array = arrays.get(key);
    if (array == null) {
      throw new IllegalStateException("Nothing was recorded for " + key + ".");
    }
    return array;
  }
}
