package org.peft4j.transformers.layer;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.module.LinearModule;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.memory.CallMemory;

/** {@code down(f(gate(x))·up(x))}: Llama's MLP (Shazeer, 2020). */
record GatedFeedForward(
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
    INDArray product = memory.keptIf(down.acts(), x.size(0), shape.innerSize());
    pass.kernels().gated(shape.activation(), g, u, product);
    if (y != null) {
      down.forward(pass, product, y);
    }
    return new Kept(g, u, product);
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
    down.backward(pass, kept.product(), dy, dProduct, 0);
    if (dProduct == null) {
      return;
    }
    INDArray u = Objects.requireNonNull(kept.second());
    INDArray dg = memory.temporary(u.shape());
    INDArray du = memory.temporary(u.shape());
    pass.kernels().gatedGradient(shape.activation(), kept.first(), u, dProduct, dg, du);
    gate.backward(pass, x, dg, dx, 0);
    up.backward(pass, x, du, dx, 1);
  }
}
