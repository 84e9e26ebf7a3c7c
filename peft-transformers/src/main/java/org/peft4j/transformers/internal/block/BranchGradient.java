package org.peft4j.transformers.internal.block;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.graft.SublayerGrafts;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * The gradient that goes into a branch beside a residual connection, after what is grafted on the
 * branch's output.
 *
 * @param dy the gradient of the branch's own output
 * @param dResidual what the grafts add to the gradient of the connection; null if nothing
 */
record BranchGradient(INDArray dy, @Nullable INDArray dResidual) {
  /**
   * Writes the gradients of the grafts.
   *
   * @param residual what goes through the connection; may be null where nothing acts
   * @param upper the gradient of the sum [rows, width], left as it is
   * @param residualNeeded whether anybody needs the gradient of the connection
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
