package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.memory.CallMemory;

/** {@code contract(f(expand(x)))}: GPT-2's MLP. */
public record PlainFeedForward(ModelConfig.Mlp shape, LinearModule expand, LinearModule contract)
    implements FeedForward {
  @Override
  public boolean acts() {
    return expand.acts() || contract.acts();
  }

  @Override
  public boolean needsInput() {
    return expand.acts();
  }

  @Override
  public Kept forward(Pass pass, INDArray x, @Nullable INDArray y, CallMemory memory) {
    INDArray inner = memory.kept(x.size(0), shape.innerSize());
    expand.forward(pass, x, inner);
    if (y != null) {
      contract.forward(pass, active(pass, inner, memory), y);
    }
    return new Kept(inner, null);
  }

  @Override
  public void backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    boolean goOn = dx != null || expand.acts();
    INDArray dInner = goOn ? memory.temporary(kept.first().shape()) : null;
    INDArray active = contract.acts() ? active(pass, kept.first(), memory) : null;
    contract.backward(pass, active, dy, dInner, 0);
    if (dInner != null) {
      pass.kernels().activationGradient(shape.activation(), kept.first(), dInner, dInner);
      expand.backward(pass, x, dInner, dx, 0);
    }
  }

  /** Computed once more for the backward pass, which costs less than to keep it. */
  private INDArray active(Pass pass, INDArray inner, CallMemory memory) {
    INDArray active = memory.temporary(inner.shape());
    pass.kernels().activation(shape.activation(), inner, active);
    return active;
  }
}
