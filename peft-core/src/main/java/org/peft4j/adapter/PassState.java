package org.peft4j.adapter;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.memory.DetachedArrays;

/**
 * What the layers of one pass through a model share: the number of virtual tokens, the tasks of the
 * batch, and arrays by key. A layer makes an array for later layers to read; in the backward pass
 * those add up its gradient, which the first layer, reached last, finds complete.
 *
 * <p>Each thread has one for each model, because a pass runs on one thread.
 */
public final class PassState {
  private int virtualTokens;
  private int prefixLength;
  private int encoderPrefixLength;
  private List<Integer> tasks = List.of();
  private final Map<Object, INDArray> arrays = new HashMap<>();
  private final Map<Object, INDArray> gradients = new HashMap<>();

  /** Begins a new pass: forgets counts and arrays. */
  public void begin() {
    virtualTokens = 0;
    prefixLength = 0;
    encoderPrefixLength = 0;
    arrays.clear();
    gradients.clear();
  }

  /** The number of embeddings before those of the input, in every sequence. */
  public int virtualTokens() {
    return virtualTokens;
  }

  /** The number of keys and values before those of the input, in every attention. */
  public int prefixLength() {
    return prefixLength;
  }

  /** The number of those in the attentions of an encoder, where the model has a decoder too. */
  public int encoderPrefixLength() {
    return encoderPrefixLength;
  }

  /**
   * Whether virtual tokens or a prefix act. Then a row is computed as if it were alone: padding
   * before it takes no position and comes before the virtual tokens, not between.
   */
  public boolean precedes() {
    return virtualTokens > 0 || prefixLength > 0 || encoderPrefixLength > 0;
  }

  /** Adds to {@link #virtualTokens}, {@link #prefixLength} and {@link #encoderPrefixLength}. */
  public void addVirtual(int embeddings, int keysAndValues, int ofEncoder) {
    virtualTokens += embeddings;
    prefixLength += keysAndValues;
    encoderPrefixLength += ofEncoder;
  }

  /** The task of each sequence of the batch; empty where none was set. */
  public List<Integer> tasks() {
    return tasks;
  }

  /** Sets the task of each sequence of the next batches. */
  public void setTasks(List<Integer> numbers) {
    tasks = List.copyOf(numbers);
  }

  /** Shares an array with the layers after this one. */
  public void put(Object key, INDArray array) {
    arrays.put(key, array);
  }

  /**
   * The array that an earlier layer has shared.
   *
   * @throws IllegalStateException if there is none
   */
  public INDArray get(Object key) {
    INDArray array = arrays.get(key);
    if (array == null) {
      throw new IllegalStateException("No layer has made " + key + " in this pass.");
    }
    return array;
  }

  /** The gradient of a shared array, to add to; zero at first. */
  public INDArray gradient(Object key) {
    return gradients.computeIfAbsent(
        key, k -> DetachedArrays.zeros(get(k).dataType(), get(k).shape()));
  }

  /** Removes and returns the gradient of a shared array; null if no layer has added to it. */
  public @Nullable INDArray takeGradient(Object key) {
    return gradients.remove(key);
  }
}
