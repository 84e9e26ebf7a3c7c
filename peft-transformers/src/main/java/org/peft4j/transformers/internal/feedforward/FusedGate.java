package org.peft4j.transformers.internal.feedforward;

import static java.util.Objects.requireNonNull;
import static org.nd4j.linalg.indexing.NDArrayIndex.all;
import static org.nd4j.linalg.indexing.NDArrayIndex.interval;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/** One map whose outputs are the gate, then the values: Phi-3. */
record FusedGate(LinearModule both) implements GateMaps {
  @Override
  public boolean acts() {
    return both.acts();
  }

  @Override
  public Results room(long rows, long inner, boolean kept, CallMemory memory) {
    INDArray joined = memory.keptIf(kept, rows, 2 * inner);
    return new Results(
        joined.get(all(), interval(0, inner)),
        joined.get(all(), interval(inner, 2 * inner)),
        joined);
  }

  @Override
  public void forward(Pass pass, INDArray x, Results results) {
    both.forward(pass, x, requireNonNull(results.joined()));
  }

  @Override
  public void backward(Pass pass, @Nullable INDArray x, Results gradients, @Nullable INDArray dx) {
    both.backward(pass, x, requireNonNull(gradients.joined()), dx, 0);
  }
}
