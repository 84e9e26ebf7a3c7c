package org.peft4j.adapter;

import org.peft4j.kernel.Kernels;

/**
 * An adapter with a term of the loss of its own, which follows from its parameters alone: the
 * orthogonality of its matrices, say. The term is in the score of a Deeplearning4j layer as its
 * regularisation is.
 */
public interface PenaltyAdapter extends Adapter {
  /** The term. */
  double penalty(Kernels kernels, Tensors parameters);

  /** Adds {@code scale} times the gradient of the term to gradients that are written already. */
  void addPenaltyGradient(Kernels kernels, Tensors parameters, double scale, Tensors gradients);
}
