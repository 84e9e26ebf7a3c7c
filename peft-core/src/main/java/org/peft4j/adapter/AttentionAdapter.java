package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/** An adapter at an attention: keys and values that stand before those of the input. */
public interface AttentionAdapter extends Adapter {
  /** How many they are. */
  int length();

  /** Writes keys and values, [length, heads, headSize] each. */
  void forward(Pass pass, Tensors parameters, INDArray keys, INDArray values);

  /** Writes the gradients, given those of keys and values, summed over the batch. */
  void backward(Pass pass, Tensors parameters, INDArray dKeys, INDArray dValues, Tensors gradients);
}
