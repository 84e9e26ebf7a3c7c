package org.peft4j.bottleneck.internal;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.bottleneck.NonLinearity;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Kernels;
import org.peft4j.memory.Scratch;

/** Values and gradients of {@link NonLinearity}. */
final class NonLinearFunction {
  private static final double LEAK = 0.01;

  private NonLinearFunction() {}

  /** {@code y = f(x)}; y must not be x. */
  static void apply(NonLinearity f, Kernels kernels, INDArray x, INDArray y) {
    switch (f) {
      case RELU -> rectified(0, x, y);
      case LEAKY_RELU -> rectified(LEAK, x, y);
      case GELU -> kernels.activation(Activation.GELU, x, y);
      case GELU_NEW -> kernels.activation(Activation.GELU_TANH, x, y);
      case SWISH -> kernels.activation(Activation.SILU, x, y);
      case TANH -> Nd4j.exec(new Tanh(x, y));
      case SIGMOID -> Nd4j.exec(new Sigmoid(x, y));
      case LINEAR -> y.assign(x);
    }
  }

  private static void rectified(double leak, INDArray x, INDArray y) {
    slope(leak, x, y);
    y.muli(x);
  }

  /** 1 above 0, else the leak. */
  private static void slope(double leak, INDArray x, INDArray y) {
    Nd4j.exec(new Step(x, y, 0));
    if (leak != 0) {
      y.muli(1 - leak).addi(leak);
    }
  }

  /**
   * {@code dy ← f'(x)·dy}.
   *
   * @param y f(x)
   */
  static void gradient(NonLinearity f, Kernels kernels, INDArray x, INDArray y, INDArray dy) {
    switch (f) {
      case RELU -> multiplySlope(0, x, dy);
      case LEAKY_RELU -> multiplySlope(LEAK, x, dy);
      case GELU -> kernels.activationGradient(Activation.GELU, x, dy, dy);
      case GELU_NEW -> kernels.activationGradient(Activation.GELU_TANH, x, dy, dy);
      case SWISH -> kernels.activationGradient(Activation.SILU, x, dy, dy);
      case TANH -> {
        INDArray slope = y.mul(y).rsubi(1);
        dy.muli(slope);
        Scratch.release(slope);
      }
      case SIGMOID -> {
        INDArray slope = y.rsub(1).muli(y);
        dy.muli(slope);
        Scratch.release(slope);
      }
      case LINEAR -> {}
    }
  }

  private static void multiplySlope(double leak, INDArray x, INDArray dy) {
    INDArray slope = Scratch.of(x.dataType(), x.shape());
    slope(leak, x, slope);
    dy.muli(slope);
    Scratch.release(slope);
  }
}
