package org.peft4j.diffusion.internal.part;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * {@code down(u·gelu(g))} with {@code [u, g] = up(x)} (Shazeer, 2020). Copies both halves, because
 * kernels want each row without gaps.
 */
record GatedFeedForward(LinearModule up, LinearModule down, long inner) implements Mixer {
  @Override
  public boolean acts() {
    return up.acts() || down.acts();
  }

  @Override
  public boolean needsInput() {
    return up.acts();
  }

  @Override
  public boolean records(Pass pass) {
    return up.records(pass) || down.records(pass);
  }

  @Override
  public Mixer.Kept forward(
      Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    INDArray values = memory.kept(x.size(0), inner);
    INDArray gate = memory.kept(x.size(0), inner);
    INDArray both = memory.temporary(x.size(0), 2 * inner);
    up.forward(pass, x, both);
    pass.kernels().copy(half(both, 0), values);
    pass.kernels().copy(half(both, 1), gate);
    if (y != null || down.records(pass)) {
      INDArray out = y == null ? memory.temporary(x.shape()) : y;
      down.forward(pass, product(pass, gate, values, memory), out);
    }
    return (again, input, dy, dx, scratch) -> backward(again, input, gate, values, dy, dx, scratch);
  }

  private INDArray half(INDArray both, int index) {
    return both.get(all(), interval(index * inner, (index + 1) * inner));
  }

  /** Computed again for the backward pass, which costs less than keeping it. */
  private static INDArray product(Pass pass, INDArray gate, INDArray values, CallMemory memory) {
    INDArray product = memory.temporary(gate.shape());
    pass.kernels().gated(Activation.GELU, gate, values, product);
    return product;
  }

  private void backward(
      Pass pass,
      @Nullable INDArray x,
      INDArray gate,
      INDArray values,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    boolean goOn = dx != null || up.acts();
    INDArray dProduct = goOn ? memory.temporary(gate.shape()) : null;
    INDArray product = down.acts() ? product(pass, gate, values, memory) : null;
    down.backward(pass, product, dy, dProduct, 0);
    if (dProduct == null) {
      return;
    }
    INDArray dGate = memory.temporary(gate.shape());
    INDArray dValues = memory.temporary(gate.shape());
    pass.kernels().gatedGradient(Activation.GELU, gate, values, dProduct, dGate, dValues);
    INDArray both = memory.temporary(gate.size(0), 2 * inner);
    pass.kernels().copy(dValues, half(both, 0));
    pass.kernels().copy(dGate, half(both, 1));
    up.backward(pass, x, both, dx, 0);
  }
}
