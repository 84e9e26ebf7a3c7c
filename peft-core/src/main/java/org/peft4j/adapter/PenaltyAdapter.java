package org.peft4j.adapter;

import org.peft4j.kernel.Kernels;

/**
 * An adapter with its own term of the loss, a function of its parameters, such as the orthogonality
 * of its matrices. The score of a Deeplearning4j layer includes the term like a regularisation.
 */
public interface PenaltyAdapter extends Adapter {
  /** The term. */
  double penalty(Kernels kernels, Tensors parameters);

  /** Adds {@code scale} times the gradient of the term to gradients that are written already. */
  void addPenaltyGradient(Kernels kernels, Tensors parameters, double scale, Tensors gradients);
}
