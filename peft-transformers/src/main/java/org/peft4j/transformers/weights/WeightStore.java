package org.peft4j.transformers.weights;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.error.PeftException;

/**
 * The frozen weights of a model, one array for each tensor, in the shape of the checkpoint. Tied
 * tensors are one array under two names. Closing it frees them all; models over it are unusable
 * then.
 */
public final class WeightStore implements AutoCloseable {
  private final DataType dataType;
  private final Map<String, INDArray> arrays;
  private boolean closed;

  /**
   * @param arrays tensors by checkpoint key; the store owns them from now on
   */
  public WeightStore(DataType dataType, Map<String, INDArray> arrays) {
    this.dataType = dataType;
    this.arrays = new TreeMap<>(arrays);
  }

  /** Takes one more tensor, which it owns from now on. */
  public void add(String key, INDArray array) {
    arrays.put(key, array);
  }

  public DataType dataType() {
    return dataType;
  }

  /** The tensor of that key. */
  public INDArray get(String key) {
    INDArray array = find(key);
    if (array == null) {
      throw new PeftException("No tensor \"" + key + "\" among the " + arrays.size() + " weights.");
    }
    return array;
  }

  /** The tensor of that key; null if there is none. */
  public @Nullable INDArray find(String key) {
    if (closed) {
      throw new PeftException("The model is closed; its weights are freed. Load it again.");
    }
    return arrays.get(key);
  }

  /** The number of elements, tied ones counted once. */
  public long count() {
    return distinct().stream().mapToLong(INDArray::length).sum();
  }

  private Set<INDArray> distinct() {
    Set<INDArray> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
    distinct.addAll(arrays.values());
    return distinct;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      distinct().forEach(INDArray::close);
    }
  }
}
