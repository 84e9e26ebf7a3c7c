package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/** The maps to a gate and to the values that it gates. */
interface GateMaps {
  /**
   * Results of the maps, or gradients of them.
   *
   * @param gate [rows, inner]
   * @param values [rows, inner]
   * @param joined where one map gives both: the rows of which they are halves
   */
  record Results(INDArray gate, INDArray values, @Nullable INDArray joined) {}

  /** Whether adapters act on them now. */
  boolean acts();

  /**
   * Room for the results of so many rows.
   *
   * @param kept whether the backward pass needs it
   */
  Results room(long rows, long inner, boolean kept, CallMemory memory);

  /** Writes the results, given x [rows, width]. */
  void forward(Pass pass, INDArray x, Results results);

  /**
   * Writes adapter gradients and dx.
   *
   * @param dx [rows, width], overwritten; null if not needed
   */
  void backward(Pass pass, @Nullable INDArray x, Results gradients, @Nullable INDArray dx);

  /** A map for each. */
  record Separate(LinearModule gate, LinearModule up) implements GateMaps {
    @Override
    public boolean acts() {
      return gate.acts() || up.acts();
    }

    @Override
    public Results room(long rows, long inner, boolean kept, CallMemory memory) {
      return new Results(memory.keptIf(kept, rows, inner), memory.keptIf(kept, rows, inner), null);
    }

    @Override
    public void forward(Pass pass, INDArray x, Results results) {
      gate.forward(pass, x, results.gate());
      up.forward(pass, x, results.values());
    }

    @Override
    public void backward(
        Pass pass, @Nullable INDArray x, Results gradients, @Nullable INDArray dx) {
      gate.backward(pass, x, gradients.gate(), dx, 0);
      up.backward(pass, x, gradients.values(), dx, 1);
    }
  }
}
