package org.peft4j.onednn;

import static org.peft4j.onednn.internal.Layouts.dense;

import org.bytedeco.dnnl.global.dnnl;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.kernel.Activation;
import org.peft4j.onednn.internal.Address;
import org.peft4j.onednn.internal.Processor;
import org.peft4j.onednn.internal.operation.Pointwise;
import org.peft4j.onednn.internal.vector.FewNumbers;

/** Activations of dense arrays, and gates. Each method returns whether it could do it. */
final class Activations {
  private Activations() {}

  /** {@code y = f(x)}. */
  static boolean apply(Activation f, INDArray x, INDArray y) {
    if (!dense(x, y)) {
      return false;
    }
    if (FewNumbers.possible(f, x)) {
      FewNumbers.apply(f, x, y);
    } else if (f == Activation.GELU_TANH && !Processor.WIDE && Address.of(x) != Address.of(y)) {
      GeluTanh.apply(x, y);
    } else {
      Pointwise.apply(algorithm(f), alpha(f), 0, Address.of(x), Address.of(y), x.length());
    }
    return true;
  }

  /** {@code dx = dy ⊙ f'(x)}. */
  static boolean gradient(Activation f, INDArray x, INDArray dy, INDArray dx) {
    if (!dense(x, dy, dx)) {
      return false;
    }
    if (f == Activation.GELU_TANH && !Processor.WIDE) {
      GeluTanh.gradient(x, dy, dx);
    } else {
      Pointwise.gradient(
          algorithm(f), alpha(f), Address.of(x), Address.of(dy), Address.of(dx), x.length());
    }
    return true;
  }

  /** {@code y = f(gate) ⊙ up}. */
  static boolean gated(Activation f, INDArray gate, INDArray up, INDArray y) {
    if (!dense(gate, up, y)) {
      boolean rows = GatedRows.possible(gate, up, y);
      if (rows) {
        GatedRows.apply(f, gate, up, y);
      }
      return rows;
    }
    if (FewNumbers.possible(f, gate)) {
      FewNumbers.gated(f, gate, up, y);
      return true;
    }
    apply(f, gate, y);
    Pointwise.multiply(Address.of(y), Address.of(up), Address.of(y), y.length());
    return true;
  }

  /** The gradients of gate and up, given y's; they may overwrite gate and up. */
  static boolean gatedGradient(
      Activation f, INDArray gate, INDArray up, INDArray dy, INDArray dGate, INDArray dUp) {
    boolean apart = Address.of(gate) != Address.of(dGate) && Address.of(up) != Address.of(dUp);
    if (!apart || !dense(gate, up, dy, dGate, dUp)) {
      boolean rows = GatedRows.possible(gate, up, dy, dGate, dUp);
      if (rows) {
        GatedRows.gradient(f, gate, up, dy, dGate, dUp);
      }
      return rows;
    }
    long upper = Address.of(dy);
    Pointwise.multiply(upper, Address.of(up), Address.of(dGate), dy.length());
    gradient(f, gate, dGate, dGate);
    apply(f, gate, dUp);
    Pointwise.multiply(Address.of(dUp), upper, Address.of(dUp), dy.length());
    return true;
  }

  private static dnnl.algorithm algorithm(Activation f) {
    return switch (f) {
      case SILU, QUICK_GELU -> dnnl.algorithm.eltwise_swish;
      case GELU -> dnnl.algorithm.eltwise_gelu_erf;
      case GELU_TANH -> dnnl.algorithm.eltwise_gelu_tanh;
      case RELU -> dnnl.algorithm.eltwise_relu;
      case TANH -> dnnl.algorithm.eltwise_tanh;
    };
  }

  /** The factor in {@code x·σ(αx)}, or the slope below 0 of a rectifier. */
  private static float alpha(Activation f) {
    return switch (f) {
      case RELU -> 0;
      case QUICK_GELU -> (float) Activation.QUICK;
      default -> 1;
    };
  }
}
