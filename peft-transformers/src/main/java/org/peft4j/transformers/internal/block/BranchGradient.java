package org.peft4j.transformers.internal.block;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The gradient that enters a branch beside a residual connection, after the adapters of the
 * branch's output.
 *
 * @param dy the gradient of the branch's own output
 * @param dResidual the adapters' addition to the connection's gradient; null for none
 */
record BranchGradient(INDArray dy, @Nullable INDArray dResidual) {
  /**
   * Writes the gradients of the adapters.
   *
   * @param residual the values of the connection; may be null if no adapter acts
   * @param upper the gradient of the sum [rows, width], not changed
   * @param residualNeeded whether the connection's gradient is needed
   */
  static BranchGradient of(
      Pass pass,
      SublayerGrafts grafts,
      @Nullable INDArray residual,
      INDArray upper,
      boolean residualNeeded,
      CallMemory memory) {
    if (!grafts.acts()) {
      return new BranchGradient(upper, null);
    }
    INDArray dy = memory.temporary(upper.shape()).assign(upper);
    INDArray dResidual = residualNeeded ? memory.temporary(upper.shape()).assign(0) : null;
    grafts.backward(pass, residual, dy, dResidual);
    return new BranchGradient(dy, dResidual);
  }
}
