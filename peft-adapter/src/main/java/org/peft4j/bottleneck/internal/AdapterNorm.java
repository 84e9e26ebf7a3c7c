package org.peft4j.bottleneck.internal;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.memory.ScratchScope;

/** An adapter's own trained layer normalisation: its weight starts at 1, its bias at 0. */
record AdapterNorm(String prefix, long features) {
  private static final double EPSILON = 1e-5;

  private String weight() {
    return prefix + ".weight";
  }

  private String bias() {
    return prefix + ".bias";
  }

  List<ParameterSpec> parameters() {
    Initializer ones = (target, random) -> target.assign(1);
    return List.of(
        ParameterSpec.of(weight(), ones, features),
        ParameterSpec.of(bias(), Initializer.zeros(), features));
  }

  /** {@code y = N(x)}, [rows, features]. */
  void forward(Pass pass, Tensors parameters, INDArray x, INDArray y) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray mean = scratch.array(x.dataType(), x.size(0));
      forward(pass, parameters, x, y, mean, scratch.like(mean));
    }
  }

  private void forward(
      Pass pass, Tensors parameters, INDArray x, INDArray y, INDArray mean, INDArray inverse) {
    INDArray w = parameters.get(weight());
    pass.kernels().layerNorm(x, w, parameters.get(bias()), EPSILON, y, mean, inverse);
  }

  /** Writes the gradients and dx [rows, features]. */
  void backward(
      Pass pass, Tensors parameters, INDArray x, INDArray dy, Tensors gradients, INDArray dx) {
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray mean = scratch.array(x.dataType(), x.size(0));
      INDArray inverse = scratch.like(mean);
      forward(pass, parameters, x, scratch.like(x), mean, inverse);
      pass.kernels()
          .layerNormGradient(
              x,
              parameters.get(weight()),
              mean,
              inverse,
              dy,
              dx,
              gradients.get(weight()),
              gradients.get(bias()));
    }
  }
}
