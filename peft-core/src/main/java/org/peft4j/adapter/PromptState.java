package org.peft4j.adapter;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.DetachedArrays;

/**
 * What the layers of one pass through a model tell each other of virtual tokens: the first layer
 * says how many there are and makes the arrays that later layers read; in the backward pass those
 * add gradients, which the first layer, the last to be reached, finds complete.
 *
 * <p>There is one for each thread and model: a pass runs on one thread.
 */
public final class PromptState {
  private int virtualTokens;
  private int prefixLength;
  private List<Integer> tasks = List.of();
  private final Map<Object, INDArray> arrays = new HashMap<>();
  private final Map<Object, INDArray> gradients = new HashMap<>();

  /** A new pass begins: nothing is known yet. */
  public void begin() {
    virtualTokens = 0;
    prefixLength = 0;
    arrays.clear();
    gradients.clear();
  }

  /** The number of embeddings that stand before those of the input, in every sequence. */
  public int virtualTokens() {
    return virtualTokens;
  }

  /** The number of keys and values that stand before those of the input, in every attention. */
  public int prefixLength() {
    return prefixLength;
  }

  /** Adds to the virtual tokens of this pass. */
  public void add(int embeddings, int keysAndValues) {
    virtualTokens += embeddings;
    prefixLength += keysAndValues;
  }

  /** The task of each sequence of a batch; empty where none was set. */
  public List<Integer> tasks() {
    return tasks;
  }

  /** Sets the task of each sequence of the batches to come. */
  public void setTasks(List<Integer> numbers) {
    tasks = List.copyOf(numbers);
  }

  /** Makes an array known to the layers after this one. */
  public void put(Object key, INDArray array) {
    arrays.put(key, array);
  }

  /** An array that a layer before this one has made. */
  public INDArray get(Object key) {
    INDArray array = arrays.get(key);
    if (array == null) {
      throw new IllegalStateException("No layer has made " + key + " in this pass.");
    }
    return array;
  }

  /** The gradient of the array of {@code key}, to be added to; zero at first. */
  public INDArray gradient(Object key) {
    return gradients.computeIfAbsent(
        key, k -> DetachedArrays.zeros(get(k).dataType(), get(k).shape()));
  }

  /** The gradient of the array of {@code key}; null if no layer has any. */
  public @Nullable INDArray takeGradient(Object key) {
    return gradients.remove(key);
  }
}
