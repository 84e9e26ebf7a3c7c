package org.peft4j.transformers.internal.attention;

import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.peft4j.adapter.Pass;
import org.peft4j.internal.module.LinearModule;
import org.peft4j.kernel.AttentionPattern;
import org.peft4j.kernel.AttentionScores;
import org.peft4j.kernel.Kernels;
import org.peft4j.transformers.config.ModelConfig;
import org.peft4j.transformers.internal.batch.Extent;
import org.peft4j.transformers.internal.memory.CallMemory;
import org.peft4j.transformers.internal.position.Rotation;

/**
 * Causal self-attention: {@code out(softmax(q·kᵀ/√d)·v)} over the keys that each query sees, with
 * rotary positions on q and k where the model has them.
 */
public final class SelfAttention {
  /** What the backward pass needs of the forward pass. */
  public record Kept(
      Projections.Heads heads,
      Prefix.Extended keysAndValues,
      INDArray probabilities,
      INDArray contextRows) {}

  /**
   * Where the tokens of a call stand.
   *
   * @param pattern which tokens see which, without the prefix
   */
  public record Positions(AttentionPattern pattern, Rotation rotation) {}

  private final ModelConfig.Attention shape;
  private final AttentionScores scores;
  private final Projections projections;
  private final LinearModule output;
  private final Prefix prefix;

  public SelfAttention(
      ModelConfig.Attention shape, Projections projections, LinearModule output, Prefix prefix) {
    this.shape = shape;
    this.scores = AttentionScores.scaled(shape.scale());
    this.projections = projections;
    this.output = output;
    this.prefix = prefix;
  }

  /** Whether anything grafted here acts now. */
  public boolean acts() {
    return projections.acts() || output.acts() || prefix.length() > 0;
  }

  /** Keys and values before those of the input. */
  public Prefix prefix() {
    return prefix;
  }

  /** Whether the backward pass needs this module's input. */
  public boolean needsInput() {
    return projections.acts();
  }

  /**
   * Writes y [batch·time, width].
   *
   * @param x [batch·time, width]
   * @param cache receives keys and values and gives those of earlier calls; null without
   */
  public Kept forward(
      Pass pass,
      INDArray x,
      Extent extent,
      Positions positions,
      @Nullable KeyValueCache cache,
      INDArray y,
      CallMemory memory) {
    Projections.Heads heads = projections.heads(extent, true, memory);
    projections.forward(pass, x, heads);
    Kernels kernels = pass.kernels();
    positions.rotation().rotate(kernels, heads.q());
    positions.rotation().rotate(kernels, heads.k());
    INDArray keys = heads.k();
    INDArray values = heads.v();
    if (cache != null) {
      cache.append(keys, values);
      keys = cache.keys();
      values = cache.values();
    }
    Prefix.Extended all = new Prefix.Extended(keys, values);
    if (prefix.length() > 0) {
      all = prefix.extend(pass, keys, values, memory);
    }
    INDArray probabilities =
        memory.kept(extent.batch(), shape.heads(), extent.time(), all.keys().size(1));
    INDArray contextRows = memory.kept(extent.rows(), (long) shape.heads() * shape.headSize());
    kernels.attention(
        heads.q(),
        all.keys(),
        all.values(),
        positions.pattern().withPrefix(prefix.length()),
        scores,
        probabilities,
        contextRows.reshape('c', heads.q().shape()));
    output.forward(pass, contextRows, y);
    return new Kept(heads, all, probabilities, contextRows);
  }

  /**
   * Writes adapter gradients and dx.
   *
   * @param x the input of the forward pass; may be null where {@link #needsInput()} is false
   * @param dx [batch·time, width], overwritten; null where nobody needs it
   */
  public void backward(
      Pass pass,
      Kept kept,
      @Nullable INDArray x,
      Extent extent,
      INDArray dy,
      @Nullable INDArray dx,
      Positions positions,
      CallMemory memory) {
    boolean goOn = dx != null || projections.acts() || prefix.length() > 0;
    INDArray dContextRows = goOn ? memory.temporary(kept.contextRows().shape()) : null;
    output.backward(pass, kept.contextRows(), dy, dContextRows, 0);
    if (dContextRows == null) {
      return;
    }
    Projections.Heads heads = kept.heads();
    Projections.Heads gradients = projections.heads(extent, false, memory);
    Prefix.Extended all = kept.keysAndValues();
    Prefix.Extended dAll = new Prefix.Extended(gradients.k(), gradients.v());
    if (prefix.length() > 0) {
      long[] shape = all.keys().shape();
      dAll = new Prefix.Extended(memory.temporary(shape), memory.temporary(shape));
    }
    long[] context = heads.q().shape();
    Kernels kernels = pass.kernels();
    kernels.attentionGradient(
        heads.q(),
        all.keys(),
        all.values(),
        positions.pattern().withPrefix(prefix.length()),
        scores,
        kept.probabilities(),
        kept.contextRows().reshape('c', context),
        dContextRows.reshape('c', context),
        gradients.q(),
        dAll.keys(),
        dAll.values(),
        null);
    if (prefix.length() > 0) {
      prefix.backward(pass, dAll, gradients.k(), gradients.v());
    }
    positions.rotation().rotateBack(kernels, gradients.q());
    positions.rotation().rotateBack(kernels, gradients.k());
    if (dx != null || projections.acts()) {
      projections.backward(pass, x, gradients, dx);
    }
  }
}
