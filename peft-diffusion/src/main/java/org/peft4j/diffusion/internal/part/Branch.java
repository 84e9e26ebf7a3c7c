package org.peft4j.diffusion.internal.part;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.NormModule;
import org.peft4j.transformers.internal.memory.CallMemory;

/** A branch beside a residual connection: {@code y = x + mixer(norm(x))}. */
record Branch(NormModule norm, Mixer mixer) {
  /** What the backward pass needs beside x. */
  record Kept(INDArray statistics, Mixer.Kept mixed) {}

  boolean acts() {
    return norm.acts() || mixer.acts();
  }

  boolean goesBack(Kept kept) {
    return acts() || kept.mixed().passesOn();
  }

  /**
   * Writes y.
   *
   * @param y null to compute only the results for the backward pass
   */
  Kept forward(Pass pass, INDArray x, Around around, @Nullable INDArray y, CallMemory memory) {
    INDArray statistics = memory.keptExactly(norm.statistics(), x.size(0));
    INDArray normal = memory.temporary(x.shape());
    norm.forward(pass, x, normal, statistics);
    Mixer.Kept mixed = mixer.forward(pass, normal, around, y, memory);
    if (y != null) {
      y.addi(x);
    }
    return new Kept(statistics, mixed);
  }

  /**
   * Writes the gradients of the adapters here, and dx.
   *
   * @param dx overwritten; null if not needed
   */
  void backward(
      Pass pass, Kept kept, INDArray x, INDArray dy, @Nullable INDArray dx, CallMemory memory) {
    INDArray normal = null;
    if (mixer.needsInput()) {
      normal = memory.temporary(x.shape());
      norm.forward(pass, x, normal, kept.statistics());
    }
    boolean goOn = dx != null || norm.acts();
    INDArray dNormal = goOn ? memory.temporary(x.shape()) : null;
    kept.mixed().backward(pass, normal, dy, dNormal, memory);
    if (dNormal != null) {
      norm.backward(pass, x, kept.statistics(), dNormal, dx);
    }
    if (dx != null) {
      dx.addi(dy);
    }
  }
}
