package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A linear adapter that, beside adding a part of its own, changes the factor of the frozen product:
 * {@code y = (1 + Σ gain) ⊙ (W·x) + b + Σ part}. So the frozen product is computed once, forward
 * and backward, whatever the number of adapters.
 */
public interface GainAdapter extends LinearAdapter {
  /** Whether it changes the factor in this pass. */
  boolean hasGain(Pass pass);

  /** The change of the factor, [out], in an array of the caller's. */
  INDArray gain(Pass pass, Tensors parameters);

  /**
   * Adds what follows from the change of the factor to the gradients, after {@link #backward} has
   * written them.
   *
   * @param gainGradient Σ over rows of dy ⊙ (W·x), [out]
   */
  void gainBackward(Pass pass, Tensors parameters, INDArray gainGradient, Tensors gradients);
}
