package org.peft4j.transformers.internal.attention;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.NormModule;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The norm of queries or keys [batch, time, heads, size], if there is one. A norm as wide as a head
 * acts on each head (Qwen 3); one as wide as all heads of a token acts on them together (OLMo 2).
 *
 * @param module null for none
 * @param width the width of the norm
 */
record HeadNorm(@Nullable NormModule module, long width) {
  static HeadNorm of(Optional<NormPart> part, Modules modules) {
    return part.map(p -> new HeadNorm(modules.norm(p), p.width()))
        .orElseGet(() -> new HeadNorm(null, 0));
  }

  /** Whether adapters act on it now. */
  boolean acts() {
    return module != null && module.acts();
  }

  /**
   * Memory for the statistics that the backward pass needs beside the heads; null without a norm.
   */
  @Nullable INDArray statistics(INDArray heads, CallMemory memory) {
    return module == null ? null : memory.keptExactly(module.statistics(), heads.length() / width);
  }

  /** Norms the heads again, which costs less than keeping them. */
  INDArray again(Pass pass, INDArray heads, CallMemory memory) {
    if (module == null) {
      return heads;
    }
    INDArray statistics = memory.temporary(module.statistics(), heads.length() / width);
    return forward(pass, heads, statistics, memory);
  }

  /**
   * The normed heads, a temporary array; without a norm, the heads themselves.
   *
   * @param statistics receives the statistics for the backward pass
   */
  INDArray forward(Pass pass, INDArray heads, @Nullable INDArray statistics, CallMemory memory) {
    if (module == null || statistics == null) {
      return heads;
    }
    INDArray normed = memory.temporary(heads.shape());
    module.forward(pass, rows(heads, memory), rows(normed, memory), statistics);
    return normed;
  }

  /** An array for the gradient of the normed heads; {@code dHeads} without a norm. */
  INDArray gradient(INDArray dHeads, CallMemory memory) {
    return module == null ? dHeads : memory.temporary(dHeads.shape());
  }

  /**
   * Writes the gradients of the trainable copies and dHeads, given the normed heads' gradient.
   *
   * @param dHeads overwritten
   */
  void backward(
      Pass pass,
      INDArray heads,
      @Nullable INDArray statistics,
      INDArray dNormed,
      INDArray dHeads,
      CallMemory memory) {
    if (module == null || statistics == null) {
      return;
    }
    INDArray dx = memory.temporary(dHeads.shape());
    module.backward(pass, rows(heads, memory), statistics, rows(dNormed, memory), rows(dx, memory));
    dHeads.assign(dx);
  }

  private INDArray rows(INDArray heads, CallMemory memory) {
    boolean dense = Arrays.equals(heads.stride(), Nd4j.getStrides(heads.shape(), 'c'));
    INDArray together = dense ? heads : memory.temporary(heads.shape()).assign(heads);
    return together.reshape('c', heads.length() / width, width);
  }
}
