package org.peft4j.transformers.internal.feedforward;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/** The maps to a gate and to the values that it gates, [rows, inner] each. */
interface GateMaps {
  /** Whether adapters act on them now. */
  boolean acts();

  /** Writes the gate and the values, given x [rows, width]. */
  void forward(Pass pass, INDArray x, INDArray gate, INDArray values, CallMemory memory);

  /**
   * Writes adapter gradients and dx.
   *
   * @param dx [rows, width], overwritten; null if not needed
   */
  void backward(
      Pass pass,
      @Nullable INDArray x,
      INDArray dGate,
      INDArray dValues,
      @Nullable INDArray dx,
      CallMemory memory);

  /** A map for each. */
  record Separate(LinearModule gate, LinearModule up) implements GateMaps {
    @Override
    public boolean acts() {
      return gate.acts() || up.acts();
    }

    @Override
    public void forward(Pass pass, INDArray x, INDArray g, INDArray values, CallMemory memory) {
      gate.forward(pass, x, g);
      up.forward(pass, x, values);
    }

    @Override
    public void backward(
        Pass pass,
        @Nullable INDArray x,
        INDArray dGate,
        INDArray dValues,
        @Nullable INDArray dx,
        CallMemory memory) {
      gate.backward(pass, x, dGate, dx, 0);
      up.backward(pass, x, dValues, dx, 1);
    }
  }
}
