package org.peft4j.internal.graft;

import java.util.HashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Tape;
import org.peft4j.memory.DetachedArrays;

/** A tape in its own memory, outside every workspace. */
public final class DetachedTape implements Tape, AutoCloseable {
  private final DataType type;
  private final Map<Object, INDArray> arrays = new HashMap<>();

  public DetachedTape(DataType type) {
    this.type = type;
  }

  @Override
  public boolean recording() {
    return true;
  }

  @Override
  public INDArray record(Object key, long... shape) {
    INDArray array = DetachedArrays.zeros(type, shape);
    INDArray old = arrays.put(key, array);
    if (old != null) {
      old.close();
    }
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

  /** Frees what was recorded. */
  @Override
  public void close() {
    arrays.values().forEach(INDArray::close);
    arrays.clear();
  }
}
