package org.peft4j.adapter;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An adapter beside a linear map {@code y = W·x}: adds its part to y. */
public interface LinearAdapter extends Adapter {
  /**
   * Adds the adapter's part to {@code y}.
   *
   * @param x the site's input [rows, in]
   * @param y the site's output [rows, out], changed in place
   */
  void forward(Pass pass, Tensors parameters, INDArray x, INDArray y);

  /** Whether {@link #forward} records in this pass what {@link #backward} needs. */
  default boolean records(Pass pass) {
    return false;
  }

  /**
   * Writes the gradients of the parameters, and adds the adapter's part to the gradient of x.
   *
   * @param x the input of the forward pass [rows, in]
   * @param dy the gradient of the output [rows, out]
   * @param gradients where to write ∂L/∂parameter
   * @param dx the gradient of the input [rows, in], added to; null where nobody needs it
   */
  void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dx);
}
