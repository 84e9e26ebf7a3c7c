package org.peft4j.bottleneck.internal;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;

/** An affine map of rows. */
interface Projection {
  List<ParameterSpec> parameters();

  /**
   * {@code y = scale·(x·H + b) + beta·y}.
   *
   * @param x [rows, in]
   * @param y [rows, out]
   */
  void forward(Pass pass, Tensors parameters, INDArray x, double scale, double beta, INDArray y);

  /**
   * Writes the gradients.
   *
   * @param x the input of the forward pass [rows, in]
   * @param dy the gradient of y [rows, out]
   * @param dx the gradient of x [rows, in]
   * @param beta 0 to overwrite dx, 1 to add to it
   */
  void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      double scale,
      Tensors gradients,
      double beta,
      INDArray dx);
}
