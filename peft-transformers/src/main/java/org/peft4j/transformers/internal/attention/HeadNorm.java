package org.peft4j.transformers.internal.attention;

import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.peft4j.adapter.Pass;
import org.peft4j.module.NormModule;
import org.peft4j.transformers.architecture.NormPart;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/**
 * The norm of queries or keys [batch, time, heads, size]: of each head if it is as wide as one
 * (Qwen 3), of all heads of a token together if it is as wide as those (OLMo 2).
 *
 * @param width of the norm
 */
record HeadNorm(NormModule module, long width) {
  static @Nullable HeadNorm of(Optional<NormPart> part, Modules modules) {
    return part.map(p -> new HeadNorm(modules.norm(p), p.width())).orElse(null);
  }

  /** Whether there is one on which anything grafted acts now. */
  static boolean acts(@Nullable HeadNorm norm) {
    return norm != null && norm.module().acts();
  }

  /** Room for what the backward pass needs beside the heads. */
  static @Nullable INDArray statistics(
      @Nullable HeadNorm norm, INDArray heads, CallMemory memory) {
    return norm == null
        ? null
        : memory.kept(norm.module.statistics(), heads.length() / norm.width);
  }

  /** The normed heads, a temporary array; the heads themselves where there is no norm. */
  static INDArray forward(
      @Nullable HeadNorm norm,
      Pass pass,
      INDArray heads,
      @Nullable INDArray statistics,
      CallMemory memory) {
    if (norm == null || statistics == null) {
      return heads;
    }
    INDArray normed = memory.temporary(heads.shape());
    norm.module.forward(pass, norm.rows(heads, memory), norm.rows(normed, memory), statistics);
    return normed;
  }

  /** An array for the gradient of the normed heads: {@code dHeads} where there is no norm. */
  static INDArray gradient(@Nullable HeadNorm norm, INDArray dHeads, CallMemory memory) {
    return norm == null ? dHeads : memory.temporary(dHeads.shape());
  }

  /**
   * Writes the gradients of the trainable copies and dHeads, given that of the normed heads.
   *
   * @param dHeads of the shape of the heads, overwritten
   */
  static void backward(
      @Nullable HeadNorm norm,
      Pass pass,
      INDArray heads,
      @Nullable INDArray statistics,
      INDArray dNormed,
      INDArray dHeads,
      CallMemory memory) {
    if (norm == null || statistics == null) {
      return;
    }
    INDArray dx = memory.temporary(dHeads.shape());
    norm.module.backward(
        pass,
        norm.rows(heads, memory),
        statistics,
        norm.rows(dNormed, memory),
        norm.rows(dx, memory));
    dHeads.assign(dx);
  }

  private INDArray rows(INDArray heads, CallMemory memory) {
    long[] dense = Nd4j.getStrides(heads.shape(), 'c');
    INDArray together =
        Arrays.equals(heads.stride(), dense) ? heads : memory.temporary(heads.shape()).assign(heads);
    return together.reshape('c', heads.length() / width, width);
  }
}
