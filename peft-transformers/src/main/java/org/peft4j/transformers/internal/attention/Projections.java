package org.peft4j.transformers.internal.attention;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.transformers.architecture.AttentionPart;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.model.Modules;

/** The maps to queries, keys and values. */
interface Projections {
  /**
   * Queries, keys and values, or their gradients.
   *
   * @param rows their memory: matrices [batch·time, …], one for each map; the others are views of
   *     it
   * @param q [batch, time, heads, size]
   * @param k [batch, keys, keyValueHeads, size]
   * @param v [batch, keys, keyValueHeads, size]
   */
  record Heads(List<INDArray> rows, INDArray q, INDArray k, INDArray v) {}

  static Projections of(AttentionPart part, Modules modules) {
    if (part.projections() instanceof AttentionPart.Separate separate) {
      return new SeparateProjections(
          part,
          modules.linear(separate.query()),
          modules.linear(separate.key()),
          modules.linear(separate.value()));
    }
    AttentionPart.Fused fused = (AttentionPart.Fused) part.projections();
    return switch (fused.layout()) {
      case THIRDS -> new ThirdsProjection(part, modules.linear(fused.all()));
      case HEADS -> new HeadsProjection(part, modules.linear(fused.all()));
    };
  }

  /** Whether adapters act on them now. */
  boolean acts();

  /** Whether the backward pass needs the input of the queries. */
  boolean needsInput();

  /**
   * Arrays for queries, keys and values.
   *
   * @param kept whether the backward pass needs them
   */
  Heads heads(Extent queries, Extent keys, boolean kept, CallMemory memory);

  /**
   * Writes queries, keys and values.
   *
   * @param x [batch·time, width], the input of queries
   * @param source [batch·keys, width], the input of keys and values; x itself in self-attention;
   *     null in cross-attention to write only queries
   */
  void forward(Pass pass, INDArray x, @Nullable INDArray source, Heads heads, CallMemory memory);

  /**
   * Writes adapter gradients, dx, and in cross-attention adds to dSource.
   *
   * @param x the input of the forward pass; may be null if {@link #needsInput()} is false
   * @param source null in self-attention
   * @param gradients of queries, keys and values
   * @param dx [batch·time, width], overwritten; null if not needed
   * @param dSource [batch·keys, width]; null in self-attention, or if not needed
   */
  void backward(
      Pass pass,
      @Nullable INDArray x,
      @Nullable INDArray source,
      Heads gradients,
      @Nullable INDArray dx,
      @Nullable INDArray dSource,
      CallMemory memory);
}
