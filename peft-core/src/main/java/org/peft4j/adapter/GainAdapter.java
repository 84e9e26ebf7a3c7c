package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A linear adapter that adds its part and also changes the factor of the frozen product: {@code y =
 * (1 + Σ gain) ⊙ (W·x) + b + Σ part}. The frozen product is computed once, forward and backward,
 * for any number of adapters.
 */
public interface GainAdapter extends LinearAdapter {
  /** Whether it changes the factor in this pass. */
  boolean hasGain(Pass pass);

  /** The change of the factor, [out]. The caller releases the array. */
  INDArray gain(Pass pass, Tensors parameters);

  /**
   * Adds the gradients of the factor's change to those that {@link #backward} has written.
   *
   * @param gainGradient Σ over rows of dy ⊙ (W·x), [out]
   */
  void gainBackward(Pass pass, Tensors parameters, INDArray gainGradient, Tensors gradients);
}
