package org.peft4j.transformers.internal.feedforward;

import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/**
 * One map whose outputs are the gate, then the values: Phi-3. Copies both, because kernels want
 * each row without gaps.
 */
record FusedGate(LinearModule both) implements GateMaps {
  @Override
  public boolean acts() {
    return both.acts();
  }

  @Override
  public void forward(Pass pass, INDArray x, INDArray gate, INDArray values, CallMemory memory) {
    INDArray rows = memory.temporary(gate.size(0), 2 * gate.size(1));
    both.forward(pass, x, rows);
    pass.kernels().copy(half(rows, 0), gate);
    pass.kernels().copy(half(rows, 1), values);
  }

  @Override
  public void backward(
      Pass pass,
      @Nullable INDArray x,
      INDArray dGate,
      INDArray dValues,
      @Nullable INDArray dx,
      CallMemory memory) {
    INDArray rows = memory.temporary(dGate.size(0), 2 * dGate.size(1));
    pass.kernels().copy(dGate, half(rows, 0));
    pass.kernels().copy(dValues, half(rows, 1));
    both.backward(pass, x, rows, dx, 0);
  }

  private static INDArray half(INDArray rows, int index) {
    long inner = rows.size(1) / 2;
    return rows.get(all(), interval(index * inner, (index + 1) * inner));
  }
}
