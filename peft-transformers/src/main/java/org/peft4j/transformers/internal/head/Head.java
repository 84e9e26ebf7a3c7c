package org.peft4j.transformers.internal.head;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.architecture.HeadPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * Maps hidden states to logits: dense layers or none, then {@code logits = cap(W·(multiplier·h) (+
 * b) + constants)}, {@code cap(z) = c·tanh(z/c)}.
 */
public final class Head {
  /**
   * The results of a forward pass.
   *
   * @param dense of the layers before the output
   * @param input of the map to logits, [rows, width]
   * @param logits [rows, outputs]
   */
  record Kept(List<DenseLayer.Kept> dense, INDArray input, INDArray logits) {}

  private final List<DenseLayer> dense;
  private final LinearModule linear;
  private final int outputs;
  private final double multiplier;
  private final double cap;
  private final @Nullable INDArray constants;

  private Head(HeadPart.Output part, Modules modules) {
    this.dense = part.dense().stream().map(layer -> DenseLayer.of(layer, modules)).toList();
    this.linear = modules.linear(part.linear());
    this.outputs = part.outputs();
    boolean language = part instanceof HeadPart.Language;
    this.multiplier = language ? ((HeadPart.Language) part).multiplier() : 1;
    this.cap = language ? ((HeadPart.Language) part).softCap().orElse(0) : 0;
    this.constants = part.constants().map(modules::constants).orElse(null);
  }

  public static Head of(HeadPart.Output part, Modules modules) {
    return new Head(part, modules);
  }

  /** The width of the logits. */
  public int outputs() {
    return outputs;
  }

  /** Whether adapters act here now. */
  boolean acts() {
    return linear.acts() || dense.stream().anyMatch(DenseLayer::acts);
  }

  /** Whether the multiplier is not 1: {@link #scale} changes hidden states. */
  boolean scales() {
    return multiplier != 1;
  }

  /** Multiplies hidden states in place; pass a copy. The other methods take the result. */
  void scale(INDArray hidden) {
    if (scales()) {
      hidden.muli(multiplier);
    }
  }

  /** Writes logits [rows, outputs], given scaled hidden states [rows, inputs]. */
  Kept forward(Pass pass, INDArray scaled, INDArray logits, CallMemory memory) {
    List<DenseLayer.Kept> kept = new ArrayList<>();
    INDArray input = scaled;
    for (DenseLayer layer : dense) {
      DenseLayer.Kept one = layer.forward(pass, input, memory);
      kept.add(one);
      input = one.y();
    }
    linear.forward(pass, input, logits);
    if (constants != null) {
      logits.addi(constants);
    }
    if (capped()) {
      Transforms.tanh(logits.divi(cap), false).muli(cap);
    }
    return new Kept(kept, input, logits);
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
   * @param dHidden [rows, inputs]; null if not needed
   */
  void backward(
      Pass pass,
      Kept kept,
      INDArray dLogits,
      @Nullable INDArray slopes,
      @Nullable INDArray dHidden,
      CallMemory memory) {
    if (slopes != null) {
      dLogits.muli(slopes);
    }
    INDArray upper = gradient(kept, dense.size(), dHidden, memory);
    linear.backward(pass, kept.input(), dLogits, upper, 0);
    for (int i = dense.size() - 1; i >= 0 && upper != null; i--) {
      INDArray dx = gradient(kept, i, dHidden, memory);
      dense.get(i).backward(pass, kept.dense().get(i), upper, dx, memory);
      upper = dx;
    }
    if (dHidden != null) {
      scale(dHidden);
    }
  }

  /**
   * Room for the gradient of the input of that layer, dHidden itself for the first; null where
   * nothing needs it.
   */
  private @Nullable INDArray gradient(
      Kept kept, int layer, @Nullable INDArray dHidden, CallMemory memory) {
    if (layer == 0) {
      return dHidden;
    }
    boolean needed = dHidden != null || dense.subList(0, layer).stream().anyMatch(DenseLayer::acts);
    INDArray x = layer < dense.size() ? kept.dense().get(layer).x() : kept.input();
    return needed ? memory.temporary(x.shape()) : null;
  }
}
