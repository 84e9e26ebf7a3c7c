package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.diffusion.internal.model.Area;
import org.peft4j.internal.module.GroupNormModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.internal.memory.CallMemory;

/** A normalisation of groups of channels, alone or with {@code silu} behind it. */
record GroupNorm(GroupNormModule module, int groups) {
  /** What the backward pass needs beside x, [batch, groups] each. */
  record Statistics(INDArray mean, INDArray inverse) {}

  boolean acts() {
    return module.acts();
  }

  Statistics statistics(Area area, CallMemory memory) {
    return new Statistics(
        memory.keptExactly(area.batch(), groups), memory.keptExactly(area.batch(), groups));
  }

  /** Writes the norm of x to y. */
  void forward(Pass pass, INDArray x, INDArray y, Statistics statistics) {
    module.forward(pass, x, y, statistics.mean(), statistics.inverse());
  }

  /** Writes {@code silu(norm(x))} to y. */
  void forwardActive(Pass pass, INDArray x, INDArray y, Statistics statistics) {
    forward(pass, x, y, statistics);
    pass.kernels().activation(Activation.SILU, y, y);
  }

  /** See {@link GroupNormModule#backward}. */
  void backward(Pass pass, INDArray x, Statistics statistics, INDArray dy, @Nullable INDArray dx) {
    module.backward(pass, x, statistics.mean(), statistics.inverse(), dy, dx);
  }

  /**
   * The gradients of {@link #forwardActive}; the norm is computed again, which costs less than
   * keeping it.
   *
   * @param dy changed
   */
  void backwardActive(
      Pass pass,
      INDArray x,
      Statistics statistics,
      INDArray dy,
      @Nullable INDArray dx,
      CallMemory memory) {
    INDArray normal = memory.temporary(x.shape());
    forward(pass, x, normal, statistics);
    pass.kernels().activationGradient(Activation.SILU, normal, dy, dy);
    backward(pass, x, statistics, dy, dx);
  }
}
