package org.peft4j.adapter;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * An adapter that scales a module's features by a vector l: those of its output, bias included,
 * {@code y = l ⊙ (W·x + b)}, or those of its input, {@code y = W·(l ⊙ x) + b}. Scales of several
 * adapters multiply. They do not scale what other adapters add to y.
 */
public interface ScalingAdapter extends Adapter {
  /** Whether it scales the input; otherwise the output. */
  boolean scalesInput();

  /** The vector l, [features], among its tensors: a view of the parameter or of its gradient. */
  INDArray scale(Tensors tensors);
}
