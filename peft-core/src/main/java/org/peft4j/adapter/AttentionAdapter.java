package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/** An adapter in an attention: keys and values that precede those of the input. */
public interface AttentionAdapter extends Adapter {
  /** The number of keys and values. */
  int length();

  /** Writes keys and values, [length, heads, headSize] each. */
  void forward(Pass pass, Tensors parameters, INDArray keys, INDArray values);

  /** Writes the gradients, given those of keys and values, summed over the batch. */
  void backward(Pass pass, Tensors parameters, INDArray dKeys, INDArray dValues, Tensors gradients);
}
