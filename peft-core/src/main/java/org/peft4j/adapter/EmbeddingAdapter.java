package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/** An adapter beside an embedding table: adds its part to the looked-up rows. */
public interface EmbeddingAdapter extends Adapter {
  /**
   * Adds the adapter's part.
   *
   * @param ids the rows looked up
   * @param y the looked-up vectors [ids, dim], changed in place
   */
  void forward(Pass pass, Tensors parameters, int[] ids, INDArray y);

  /**
   * Writes the gradients of the parameters.
   *
   * @param dy the gradient of the looked-up vectors [ids, dim]
   */
  void backward(Pass pass, Tensors parameters, int[] ids, INDArray dy, Tensors gradients);
}
