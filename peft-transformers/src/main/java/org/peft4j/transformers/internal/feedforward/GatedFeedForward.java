package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.internal.batch.Sequences;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Mixer;

/** {@code down(f(gate(x))·up(x))} (Shazeer, 2020). */
record GatedFeedForward(Activation f, long innerSize, GateMaps maps, LinearModule down)
    implements Mixer {
  @Override
  public boolean acts() {
    return needsInput() || down.acts();
  }

  @Override
  public boolean needsInput() {
    return maps.acts();
  }

  @Override
  public Mixer.Kept forward(
      Pass pass, INDArray x, Sequences sequences, @Nullable INDArray y, CallMemory memory) {
    INDArray g = memory.kept(x.size(0), innerSize);
    INDArray u = memory.kept(x.size(0), innerSize);
    maps.forward(pass, x, g, u, memory);
    if (y != null || down.records(pass)) {
      INDArray out = y == null ? memory.temporary(x.shape()) : y;
      down.forward(pass, product(pass, g, u, memory), out);
    }
    return new Kept(g, u);
  }

  /** Computed again for the backward pass, which costs less than keeping it. */
  private INDArray product(Pass pass, INDArray g, INDArray u, CallMemory memory) {
    INDArray product = memory.temporary(g.shape());
    pass.kernels().gated(f, g, u, product);
    return product;
  }

  private final class Kept implements Mixer.Kept {
    private final INDArray g;
    private final INDArray u;

    Kept(INDArray g, INDArray u) {
      this.g = g;
      this.u = u;
    }

    @Override
    public void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      boolean goOn = dx != null || needsInput();
      INDArray dProduct = goOn ? memory.temporary(g.shape()) : null;
      INDArray product = down.acts() ? product(pass, g, u, memory) : null;
      down.backward(pass, product, dy, dProduct, 0);
      if (dProduct == null) {
        return;
      }
      INDArray dg = memory.temporary(u.shape());
      INDArray du = memory.temporary(u.shape());
      pass.kernels().gatedGradient(f, g, u, dProduct, dg, du);
      maps.backward(pass, x, dg, du, dx, memory);
    }
  }
}
