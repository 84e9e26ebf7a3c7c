package org.peft4j.transformers.internal.head;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.internal.module.NormModule;
import org.peft4j.kernel.Activation;
import org.peft4j.transformers.architecture.DensePart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/** A layer of a head before its output: {@code y = norm(f(W·x (+ b)))}. */
record DenseLayer(LinearModule linear, long width, Activation f, @Nullable NormModule norm) {
  /**
   * The forward pass' results.
   *
   * @param x the input
   * @param inner the input of f
   * @param active its output
   * @param statistics of the norm; null without one
   * @param y the output
   */
  record Kept(
      INDArray x, INDArray inner, INDArray active, @Nullable INDArray statistics, INDArray y) {}

  static DenseLayer of(DensePart part, Modules modules) {
    return new DenseLayer(
        modules.linear(part.linear()),
        part.linear().outputs(),
        part.activation(),
        part.norm().map(modules::norm).orElse(null));
  }

  /** Whether adapters act here now. */
  boolean acts() {
    return linear.acts() || norm != null && norm.acts();
  }

  /** Computes y [rows, width], given x [rows, in]. */
  Kept forward(Pass pass, INDArray x, CallMemory memory) {
    INDArray inner = memory.kept(x.size(0), width);
    linear.forward(pass, x, inner);
    INDArray active = memory.kept(inner.shape());
    pass.kernels().activation(f, inner, active);
    if (norm == null) {
      return new Kept(x, inner, active, null, active);
    }
    INDArray statistics = memory.keptExactly(norm.statistics(), x.size(0));
    INDArray y = memory.temporary(inner.shape());
    norm.forward(pass, active, y, statistics);
    return new Kept(x, inner, active, statistics, y);
  }

  /**
   * Writes the gradients of the adapters here, and dx.
   *
   * @param dy [rows, width], overwritten
   * @param dx [rows, in], overwritten; null if not needed
   */
  void backward(Pass pass, Kept kept, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
    INDArray dActive = dy;
    if (norm != null) {
      dActive = memory.temporary(dy.shape());
      norm.backward(pass, kept.active(), Objects.requireNonNull(kept.statistics()), dy, dActive);
    }
    pass.kernels().activationGradient(f, kept.inner(), dActive, dActive);
    linear.backward(pass, kept.x(), dActive, dx, 0);
  }
}
