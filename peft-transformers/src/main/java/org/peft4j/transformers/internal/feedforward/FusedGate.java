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
    gate.assign(half(rows, 0));
    values.assign(half(rows, 1));
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
    half(rows, 0).assign(dGate);
    half(rows, 1).assign(dValues);
    both.backward(pass, x, rows, dx, 0);
  }

  private static INDArray half(INDArray rows, int index) {
    long inner = rows.size(1) / 2;
    return rows.get(all(), interval(index * inner, (index + 1) * inner));
  }
}
