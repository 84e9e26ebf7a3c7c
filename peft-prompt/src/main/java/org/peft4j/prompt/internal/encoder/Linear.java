package org.peft4j.prompt.internal.encoder;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.memory.Scratch;

/**
 * A trained linear map {@code y = x·Wᵀ + b}; W [out, in] and b [out] start uniform on ±1/√in.
 *
 * @param name the prefix of its parameters' names: {@code mlp_head.0}
 */
record Linear(String name, long in, long out) {
  List<ParameterSpec> parameters() {
    Initializer first = Initializer.uniform(1 / Math.sqrt(in));
    return List.of(
        ParameterSpec.of(name + ".weight", first, out, in),
        ParameterSpec.of(name + ".bias", first, out));
  }

  INDArray forward(Pass pass, Tensors parameters, INDArray x) {
    INDArray y = Scratch.of(x.dataType(), x.size(0), out);
    INDArray w = parameters.get(name + ".weight");
    pass.kernels().affine(x, w, true, parameters.get(name + ".bias"), y);
    return y;
  }

  /** Writes the gradients of W and b; returns that of x. */
  INDArray backward(Pass pass, Tensors parameters, INDArray x, INDArray dy, Tensors gradients) {
    pass.kernels().matmul(dy, true, x, false, 1, 0, gradients.get(name + ".weight"));
    pass.kernels().columnSums(dy, gradients.get(name + ".bias"));
    INDArray dx = Scratch.of(x.dataType(), x.shape());
    pass.kernels().matmul(dy, false, parameters.get(name + ".weight"), false, 1, 0, dx);
    return dx;
  }
}
