package org.peft4j.transformers.internal.head;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.model.Modules;

/** The output layer: {@code logits = cap(W·(multiplier·h) (+ b))}, {@code cap(z) = c·tanh(z/c)}. */
public final class Head {
  private final LinearModule linear;
  private final int outputs;
  private final double multiplier;
  private final double cap;

  private Head(HeadPart part, Modules modules) {
    this.linear = modules.linear(part.linear());
    this.outputs = part.outputs();
    this.multiplier = part.multiplier();
    this.cap = part.softCap().orElse(0);
  }

  public static Head of(HeadPart part, Modules modules) {
    return new Head(part, modules);
  }

  /** The width of the logits. */
  public int outputs() {
    return outputs;
  }

  /** Whether adapters act here now. */
  boolean acts() {
    return linear.acts();
  }

  /** Whether the multiplier is not 1: {@link #scale} changes hidden states. */
  public boolean scales() {
    return multiplier != 1;
  }

  /** Multiplies hidden states in place; pass a copy. The other methods take the result. */
  public void scale(INDArray hidden) {
    if (scales()) {
      hidden.muli(multiplier);
    }
  }

  /** Writes logits [rows, outputs], given scaled hidden states [rows, width]. */
  public void forward(Pass pass, INDArray scaled, INDArray logits) {
    linear.forward(pass, scaled, logits);
    if (capped()) {
      Transforms.tanh(logits.divi(cap), false).muli(cap);
    }
  }

  /** Whether {@link #backward} needs slopes. */
  boolean capped() {
    return cap > 0;
  }

  /** Writes the derivative of the cap, {@code 1 − (z/c)²}, given capped logits z. */
  void slopes(INDArray logits, INDArray slopes) {
    slopes.assign(logits).divi(cap);
    slopes.muli(slopes).rsubi(1);
  }

  /**
   * Writes the gradients of the adapters here and of the hidden states.
   *
   * @param dLogits overwritten if there is a cap
   * @param slopes null without a cap
   * @param dHidden [rows, width]; null if not needed
   */
  public void backward(
      Pass pass,
      INDArray scaled,
      INDArray dLogits,
      @Nullable INDArray slopes,
      @Nullable INDArray dHidden) {
    if (slopes != null) {
      dLogits.muli(slopes);
    }
    linear.backward(pass, scaled, dLogits, dHidden, 0);
    if (dHidden != null) {
      scale(dHidden);
    }
  }
}
