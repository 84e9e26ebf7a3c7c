package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter that changes the site's weight: {@code W' = W + ΔW(parameters)}. It can be merged, and
 * it works on any layer, which then runs with W'.
 *
 * <p>The weight's shape is [out, in] for a linear map, [vocabulary, dim] for an embedding, [out,
 * in, …kernel] for a convolution, whatever the strides.
 */
public interface WeightAdapter extends Adapter {
  /** Adds ΔW to {@code weight}, in place. In training, ΔW is that of {@code pass}' dropout mask. */
  void addDelta(Pass pass, Tensors parameters, INDArray weight);

  /** Writes ∂L/∂parameters, given {@code weightGradient} = ∂L/∂W' in the weight's shape. */
  void deltaGradient(Pass pass, Tensors parameters, INDArray weightGradient, Tensors gradients);

  /** Whether it changes the module's bias too. */
  default boolean changesBias() {
    return false;
  }

  /** Adds the change of the bias to {@code bias} [out], in place. */
  default void addBiasDelta(Tensors parameters, INDArray bias) {}
}
