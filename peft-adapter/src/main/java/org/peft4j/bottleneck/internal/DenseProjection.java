package org.peft4j.bottleneck.internal;

import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Initializer;
import org.peft4j.adapter.ParameterSpec;
import org.peft4j.adapter.Pass;
import org.peft4j.adapter.Tensors;
import org.peft4j.memory.Scratch;

/**
 * {@code x·Wᵀ + b}, W [out, in].
 *
 * @param prefix of its tensors' names
 * @param initializer W's first values; b starts at zero
 */
record DenseProjection(String prefix, long in, long out, Initializer initializer)
    implements Projection {
  private String weight() {
    return prefix + ".weight";
  }

  private String bias() {
    return prefix + ".bias";
  }

  @Override
  public List<ParameterSpec> parameters() {
    return List.of(
        ParameterSpec.of(weight(), initializer, out, in),
        ParameterSpec.of(bias(), Initializer.zeros(), out));
  }

  @Override
  public void forward(
      Pass pass, Tensors parameters, INDArray x, double scale, double beta, INDArray y) {
    pass.kernels().matmul(x, false, parameters.get(weight()), true, scale, beta, y);
    addBias(pass, parameters.get(bias()), scale, y);
  }

  static void addBias(Pass pass, INDArray bias, double scale, INDArray y) {
    if (scale == 1) {
      pass.kernels().addBias(y, bias);
      return;
    }
    INDArray scaled = bias.mul(scale);
    pass.kernels().addBias(y, scaled);
    Scratch.release(scaled);
  }

  static void biasGradient(Pass pass, INDArray dy, double scale, INDArray gradient) {
    pass.kernels().columnSums(dy, gradient);
    if (scale != 1) {
      gradient.muli(scale);
    }
  }

  @Override
  public void backward(
      Pass pass,
      Tensors parameters,
      INDArray x,
      INDArray dy,
      double scale,
      Tensors gradients,
      double beta,
      INDArray dx) {
    pass.kernels().matmul(dy, true, x, false, scale, 0, gradients.get(weight()));
    biasGradient(pass, dy, scale, gradients.get(bias()));
    pass.kernels().matmul(dy, false, parameters.get(weight()), false, scale, beta, dx);
  }
}
