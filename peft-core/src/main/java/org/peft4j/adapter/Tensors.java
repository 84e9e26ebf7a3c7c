package org.peft4j.adapter;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/** Named arrays in a fixed order: an adapter's parameters, or their gradients. */
public final class Tensors {
  private final Map<String, INDArray> arrays;

  public Tensors(Map<String, INDArray> arrays) {
    this.arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
  }

  /**
   * The array of that name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public INDArray get(String name) {
    INDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "No tensor \"" + name + "\" here. There are: " + arrays.keySet() + ".");
    }
    return array;
  }

  public Map<String, INDArray> asMap() {
    return arrays;
  }

  /** Copies every value of {@code source}, which has the same names and shapes. */
  public void assign(Tensors source) {
    arrays.forEach((name, array) -> array.assign(source.get(name)));
  }

  /** A copy in its own memory, outside any workspace. */
  public Tensors detachedCopy() {
    Map<String, INDArray> copies = new LinkedHashMap<>();
    arrays.forEach((name, array) -> copies.put(name, DetachedArrays.copy(array)));
    return new Tensors(copies);
  }

  /** Frees the native memory of arrays that own theirs. */
  public void close() {
    closeExcept(new Tensors(Map.of()));
  }

  /** Frees the native memory of arrays that own theirs and are not among others. */
  public void closeExcept(Tensors others) {
    for (INDArray array : arrays.values()) {
      boolean kept = others.arrays.values().stream().anyMatch(other -> other == array);
      if (!kept && array.closeable() && !array.wasClosed()) {
        array.close();
      }
    }
  }
}
