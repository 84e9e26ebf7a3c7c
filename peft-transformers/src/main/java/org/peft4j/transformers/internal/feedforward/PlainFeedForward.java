package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Mixer;

/** {@code down(f(up(x)))}. */
record PlainFeedForward(Activation f, long innerSize, LinearModule up, LinearModule down)
    implements Mixer {
  @Override
  public boolean acts() {
    return up.acts() || down.acts();
  }

  @Override
  public boolean needsInput() {
    return up.acts();
  }

  @Override
  public Mixer.Kept forward(
      Pass pass, INDArray x, Sequences sequences, @Nullable INDArray y, CallMemory memory) {
    INDArray inner = memory.kept(x.size(0), innerSize);
    up.forward(pass, x, inner);
    if (y != null || down.records(pass)) {
      INDArray out = y == null ? memory.temporary(x.shape()) : y;
      down.forward(pass, active(pass, inner, memory), out);
    }
    return new Kept(inner);
  }

  /** Computed again for the backward pass, which costs less than keeping it. */
  private INDArray active(Pass pass, INDArray inner, CallMemory memory) {
    INDArray active = memory.temporary(inner.shape());
    pass.kernels().activation(f, inner, active);
    return active;
  }

  private final class Kept implements Mixer.Kept {
    private final INDArray inner;

    Kept(INDArray inner) {
      this.inner = inner;
    }

    @Override
    public void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      boolean goOn = dx != null || up.acts();
      INDArray dInner = goOn ? memory.temporary(inner.shape()) : null;
      INDArray active = down.acts() ? active(pass, inner, memory) : null;
      down.backward(pass, active, dy, dInner, 0);
      if (dInner != null) {
        pass.kernels().activationGradient(f, inner, dInner, dInner);
        up.backward(pass, x, dInner, dx, 0);
      }
    }
  }
}
