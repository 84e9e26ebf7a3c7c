package org.peft4j.bottleneck.internal;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;

/**
 * The matrices Aᵢ [n, n, n] of a {@link PhmProjection}: its own, or one for a whole adapter. The
 * latter is a parameter at the adapter's first place, which a forward pass reaches first and a
 * backward pass last; that place passes the array to the others and takes the gradient that they
 * have added up.
 *
 * @param name of the tensor
 * @param sharedBy the key by which all places of the adapter find it; empty if it belongs to one
 *     projection
 * @param here whether it is a parameter at this place
 */
record PhmRule(
    String name, Optional<Object> sharedBy, boolean here, int dim, Initializer initializer) {
  /** The name of a rule shared by all places. */
  static final String SHARED = "phm_rule";

  ParameterSpec parameter() {
    return ParameterSpec.of(name, initializer, dim, dim, dim);
  }

  /** Call before the forward pass at a place. */
  void announce(Pass pass, Tensors parameters) {
    if (here && sharedBy.isPresent()) {
      pass.state().put(sharedBy.get(), parameters.get(name));
    }
  }

  INDArray values(Pass pass, Tensors parameters) {
    return here || sharedBy.isEmpty() ? parameters.get(name) : pass.state().get(sharedBy.get());
  }

  /** Writes the gradient, or adds it to that of the other projections with this rule. */
  void addGradient(Pass pass, Tensors gradients, INDArray gradient) {
    if (sharedBy.isPresent()) {
      INDArray sum = pass.state().gradient(sharedBy.get());
      sum.addi(gradient.reshape('c', sum.shape()));
    } else {
      gradients.get(name).assign(gradient.reshape('c', dim, dim, dim));
    }
  }

  /** Call after the backward pass at a place. */
  void collect(Pass pass, Tensors gradients) {
    if (here && sharedBy.isPresent()) {
      INDArray sum = pass.state().takeGradient(sharedBy.get());
      if (sum != null) {
        gradients.get(name).assign(sum);
        sum.close();
      }
    }
  }
}
