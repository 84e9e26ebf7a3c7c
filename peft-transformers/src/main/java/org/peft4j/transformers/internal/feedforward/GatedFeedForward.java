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
    GateMaps.Results results = maps.room(x.size(0), innerSize, true, memory);
    maps.forward(pass, x, results);
    if (y != null || down.records(pass)) {
      INDArray out = y == null ? memory.temporary(x.shape()) : y;
      down.forward(pass, product(pass, results, memory), out);
    }
    return new Kept(results);
  }

  /** Computed again for the backward pass, which costs less than keeping it. */
  private INDArray product(Pass pass, GateMaps.Results results, CallMemory memory) {
    INDArray product = memory.temporary(results.gate().shape());
    pass.kernels().gated(f, results.gate(), results.values(), product);
    return product;
  }

  private final class Kept implements Mixer.Kept {
    private final GateMaps.Results results;

    Kept(GateMaps.Results results) {
      this.results = results;
    }

    @Override
    public void backward(
        Pass pass, @Nullable INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
      boolean goOn = dx != null || needsInput();
      INDArray g = results.gate();
      INDArray u = results.values();
      INDArray dProduct = goOn ? memory.temporary(g.shape()) : null;
      INDArray product = down.acts() ? product(pass, results, memory) : null;
      down.backward(pass, product, dy, dProduct, 0);
      if (dProduct == null) {
        return;
      }
      GateMaps.Results gradients = maps.room(g.size(0), innerSize, false, memory);
      pass.kernels().gatedGradient(f, g, u, dProduct, gradients.gate(), gradients.values());
      maps.backward(pass, x, gradients, dx);
    }
  }
}
