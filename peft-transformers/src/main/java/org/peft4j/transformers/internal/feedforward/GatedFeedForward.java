package org.peft4j.transformers.internal.feedforward;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.memory.CallMemory;

/** {@code down(f(gate(x))·up(x))}: Llama's MLP (Shazeer, 2020). */
public record GatedFeedForward(
    ModelConfig.Mlp shape, LinearModule gate, LinearModule up, LinearModule down)
    implements FeedForward {
  @Override
  public boolean acts() {
    return needsInput() || down.acts();
  }

  @Override
  public boolean needsInput() {
    return gate.acts() || up.acts();
  }

  @Override
  public Kept forward(Pass pass, INDArray x, @Nullable INDArray y, CallMemory memory) {
    INDArray g = memory.kept(x.size(0), shape.innerSize());
    INDArray u = memory.kept(x.size(0), shape.innerSize());
    gate.forward(pass, x, g);
    up.forward(pass, x, u);
    if (y != null) {
      down.forward(pass, product(pass, g, u, memory), y);
    }
    return new Kept(g, u);
  }

  @Override
  public void backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    boolean goOn = dx != null || needsInput();
    INDArray dProduct = goOn ? memory.temporary(kept.first().shape()) : null;
    INDArray u = Objects.requireNonNull(kept.second());
    INDArray product = down.acts() ? product(pass, kept.first(), u, memory) : null;
    down.backward(pass, product, dy, dProduct, 0);
    if (dProduct == null) {
      return;
    }
    INDArray dg = memory.temporary(u.shape());
    INDArray du = memory.temporary(u.shape());
    pass.kernels().gatedGradient(shape.activation(), kept.first(), u, dProduct, dg, du);
    gate.backward(pass, x, dg, dx, 0);
    up.backward(pass, x, du, dx, 1);
  }

  /** Computed once more for the backward pass, which costs less than to keep it. */
  private INDArray product(Pass pass, INDArray g, INDArray u, CallMemory memory) {
    INDArray product = memory.temporary(g.shape());
    pass.kernels().gated(shape.activation(), g, u, product);
    return product;
  }
}
