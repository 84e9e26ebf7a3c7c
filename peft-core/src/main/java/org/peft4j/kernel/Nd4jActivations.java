package org.peft4j.kernel;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.impl.scalar.Step;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Erf;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Exp;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Sigmoid;
import org.nd4j.linalg.api.ops.impl.transforms.strict.Tanh;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.memory.ScratchScope;

/** Activations from primitives: ND4J's fused GELU derivatives are accurate to only three digits. */
final class Nd4jActivations {
  private static final double SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);
  private static final double CUBIC = 0.044715;

  private Nd4jActivations() {}

  /** y = f(x); y may be x. */
  static void apply(Activation f, INDArray x, INDArray y) {
    if (f == Activation.TANH) {
      Nd4j.exec(new Tanh(x, y));
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray gate = scratch.like(x);
      gate(f, x, gate);
      x.muli(gate, y);
    }
  }

  /**
   * All but tanh are {@code x·gate(x)}: σ(x), Φ(x), σ(1.702·x), ½(1 + tanh(√(2/π)(x +
   * 0.044715x³))), or 1 for x above 0.
   */
  private static void gate(Activation f, INDArray x, INDArray gate) {
    switch (f) {
      case SILU -> Nd4j.exec(new Sigmoid(x, gate));
      case GELU -> {
        x.muli(Math.sqrt(0.5), gate);
        Nd4j.exec(new Erf(gate, gate));
        gate.addi(1).muli(0.5);
      }
      case QUICK_GELU -> {
        x.muli(Activation.QUICK, gate);
        Nd4j.exec(new Sigmoid(gate, gate));
      }
      case GELU_TANH -> {
        x.muli(x, gate);
        gate.muli(SQRT_2_OVER_PI * CUBIC).addi(SQRT_2_OVER_PI).muli(x);
        Nd4j.exec(new Tanh(gate, gate));
        gate.addi(1).muli(0.5);
      }
      case RELU -> Nd4j.exec(new Step(x, gate, 0));
      case TANH -> throw new IllegalArgumentException("tanh has no gate.");
    }
  }

  /** {@code f' = gate + x·gate'}; out must not be x. */
  static void derivative(Activation f, INDArray x, INDArray out) {
    if (f == Activation.TANH) {
      // 1 − tanh²
      Nd4j.exec(new Tanh(x, out));
      out.muli(out).rsubi(1);
      return;
    }
    try (ScratchScope scratch = new ScratchScope()) {
      INDArray gate = scratch.like(x);
      gate(f, x, gate);
      switch (f) {
        case SILU -> {
          // σ + x·σ·(1 − σ)
          gate.rsubi(1, out).muli(x).addi(1).muli(gate);
        }
        case GELU -> {
          // Φ + x·exp(−x²/2)/√(2π)
          x.muli(x, out).muli(-0.5);
          Nd4j.exec(new Exp(out, out));
          out.muli(1 / Math.sqrt(2 * Math.PI)).muli(x).addi(gate);
        }
        case QUICK_GELU -> {
          // σ + a·x·σ·(1 − σ)
          gate.rsubi(1, out).muli(x).muli(Activation.QUICK).addi(1).muli(gate);
        }
        case GELU_TANH -> {
          // With g the gate and u the argument of tanh: g + x·2g(1 − g)·u', u' = √(2/π)(1 +
          // 3·0.044715x²)
          INDArray slope = scratch.like(x);
          x.muli(x, slope).muli(6 * CUBIC * SQRT_2_OVER_PI).addi(2 * SQRT_2_OVER_PI).muli(x);
          gate.rsubi(1, out).muli(slope).addi(1).muli(gate);
        }
        case RELU -> out.assign(gate);
        case TANH -> throw new IllegalArgumentException("tanh has no gate.");
      }
    }
  }
}
