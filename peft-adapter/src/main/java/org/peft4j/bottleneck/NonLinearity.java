package org.peft4j.bottleneck;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.kernel.Activation;
import org.peft4j.kernel.Kernels;
import org.peft4j.kernel.Scratch;

/** The function between the two projections; files are written with its first name. */
public enum NonLinearity {
  /** {@code max(x, 0)}. */
  RELU("relu"),
  /** {@code x}, or {@code 0.01·x} below 0. */
  LEAKY_RELU("leakyrelu", "leaky_relu"),
  /** {@code x·Φ(x)}. */
  GELU("gelu", "gelu_orig"),
  /** GELU by tanh, as in GPT-2. */
  GELU_NEW("gelu_new", "gelu_pytorch_tanh"),
  /** {@code x·σ(x)}. */
  SWISH("swish", "silu"),
  /** Hyperbolic tangent. */
  TANH("tanh"),
  /** {@code σ(x) = 1/(1 + e⁻ˣ)}. */
  SIGMOID("sigmoid"),
  /** {@code x}. */
  LINEAR("linear");

  private static final double LEAK = 0.01;

  private final List<String> names;

  NonLinearity(String... names) {
    this.names = List.of(names);
  }

  /** Its name in a config file. */
  public String json() {
    return names.get(0);
  }

  static Optional<NonLinearity> named(String name) {
    return Arrays.stream(values()).filter(f -> f.names.contains(name)).findFirst();
  }

  static List<String> allNames() {
    return Arrays.stream(values()).flatMap(f -> f.names.stream()).toList();
  }

  /** {@code y = f(x)}; y must not be x. */
  void apply(Kernels kernels, INDArray x, INDArray y) {
    switch (this) {
      case RELU -> rectified(0, x, y);
      case LEAKY_RELU -> rectified(LEAK, x, y);
      case GELU -> kernels.activation(Activation.GELU, x, y);
      case GELU_NEW -> kernels.activation(Activation.GELU_TANH, x, y);
      case SWISH -> kernels.activation(Activation.SILU, x, y);
      case TANH -> Operations.tanh(x, y);
      case SIGMOID -> Operations.sigmoid(x, y);
      case LINEAR -> y.assign(x);
    }
  }

  private static void rectified(double leak, INDArray x, INDArray y) {
    slope(leak, x, y);
    y.muli(x);
  }

  /** 1 above 0, otherwise the leak. */
  private static void slope(double leak, INDArray x, INDArray y) {
    Operations.step(x, y);
    if (leak != 0) {
      y.muli(1 - leak).addi(leak);
    }
  }

  /**
   * {@code dy ← f'(x)·dy}.
   *
   * @param y f(x)
   */
  void gradient(Kernels kernels, INDArray x, INDArray y, INDArray dy) {
    switch (this) {
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

  /** A separate class, so that listing the names does not load ND4J's classes. */
  private static final class Operations {
    private Operations() {}

    static void tanh(INDArray x, INDArray y) {
      Nd4j.exec(new Tanh(x, y));
    }

    static void sigmoid(INDArray x, INDArray y) {
      Nd4j.exec(new Sigmoid(x, y));
    }

    static void step(INDArray x, INDArray y) {
      Nd4j.exec(new Step(x, y, 0));
    }
  }
}
