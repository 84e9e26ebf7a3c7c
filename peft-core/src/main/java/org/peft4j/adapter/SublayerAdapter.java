package org.peft4j.adapter;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter after a sub-layer and before the residual addition: {@code y ← g(y, x)}. In a layer of
 * Deeplearning4j, it acts after the activation.
 */
public interface SublayerAdapter extends Adapter {
  /**
   * Changes {@code y}.
   *
   * @param residual the residual [rows, width] that is added later; null if there is none
   * @param y the sub-layer's output [rows, width], changed in place
   */
  void forward(Pass pass, Tensors parameters, @Nullable INDArray residual, INDArray y);

  /**
   * Writes the gradients of the parameters.
   *
   * @param residual that of the forward pass
   * @param dy the gradient of the changed output [rows, width]; in place, that of the sub-layer's
   * @param dResidual the gradient of {@code residual}, added to; null where nobody needs it
   */
  void backward(
      Pass pass,
      Tensors parameters,
      @Nullable INDArray residual,
      INDArray dy,
      Tensors gradients,
      @Nullable INDArray dResidual);
}
