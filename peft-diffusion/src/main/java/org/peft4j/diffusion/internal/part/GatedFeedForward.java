package org.peft4j.diffusion.internal.part;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * {@code down(u·gelu(g))} with {@code [u, g] = up(x)} (Shazeer, 2020). It keeps u and g, together
 * eight times as wide as x, only where adapters act on them; otherwise the backward pass computes
 * them again.
 */
record GatedFeedForward(LinearModule up, LinearModule down, long inner) implements Mixer {
  @Override
  public boolean acts() {
    return up.acts() || down.acts();
  }

  @Override
  public boolean needsInput() {
    return true;
  }

  @Override
  public boolean records(Pass pass) {
    return up.records(pass) || down.records(pass);
  }

  @Override
  public Mixer.Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    INDArray kept = up.acts() ? memory.kept(x.size(0), 2 * inner) : null;
    if (y != null || kept != null || records(pass)) {
      INDArray both = kept == null ? memory.temporary(x.size(0), 2 * inner) : kept;
      up.forward(pass, x, both);
      if (y != null || down.records(pass)) {
        INDArray out = y == null ? memory.temporary(x.shape()) : y;
        down.forward(pass, product(pass, both, memory), out);
      }
    }
    return (again, input, dy, dx, scratch) ->
        backward(again, Objects.requireNonNull(input), kept, dy, dx, scratch);
  }

  private INDArray values(INDArray both) {
    return both.get(all(), interval(0, inner));
  }

  private INDArray gate(INDArray both) {
    return both.get(all(), interval(inner, 2 * inner));
  }

  private INDArray product(Pass pass, INDArray both, CallMemory memory) {
    INDArray product = memory.temporary(both.size(0), inner);
    pass.kernels().gated(Activation.GELU, gate(both), values(both), product);
    return product;
  }

  private void backward(
      Pass pass,
      INDArray x,
      @Nullable INDArray kept,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    INDArray both = kept;
    if (both == null) {
      both = memory.temporary(x.size(0), 2 * inner);
      up.forward(pass, x, both);
    }
    boolean goOn = dx != null || up.acts();
    INDArray dProduct = goOn ? memory.temporary(x.size(0), inner) : null;
    INDArray product = down.acts() ? product(pass, both, memory) : null;
    down.backward(pass, product, dy, dProduct, 0);
    if (dProduct != null) {
      INDArray gate = gate(both);
      INDArray values = values(both);
      pass.kernels().gatedGradient(Activation.GELU, gate, values, dProduct, gate, values);
      up.backward(pass, x, both, dx, 0);
    }
  }
}
